// Batches on a loop whose time the test moves.

#include "operator/controller/batch_controller.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "operator/loop/manual_loop.h"

namespace moldau::controller {
namespace {

using namespace std::chrono_literals;

const Key kEvents{"shop", "events"};
const Key kOrders{"shop", "orders"};

struct Batch {
    Key group;
    std::vector<Key> keys;
    std::move_only_function<void(std::vector<Outcome>)> done;
};

// Every batch waits until the test ends it.
class TestBatches : public BatchReconciler {
public:
    Task<std::vector<Outcome>> reconcile(Key group, std::vector<Key> keys) override {
        co_return co_await completion<std::vector<Outcome>>(
            [&](auto done) { batches.push_back({group, keys, std::move(done)}); });
    }
    void end(std::size_t index, const Outcome& outcome = Outcome::done()) {
        auto& batch = batches.at(index);
        batch.done(std::vector<Outcome>(batch.keys.size(), outcome));
    }

    std::vector<Batch> batches;
};

struct BatchesAtTime {
    explicit BatchesAtTime(BatchControllerOptions options = {})
        : controller(loop, reconciler, metrics, [&] {
              options.step.name = "test";
              return options;
          }()) {
        controller.start();
    }
    ~BatchesAtTime() {
        bool stopped = false;
        spawn(controller.stop(), [&] { stopped = true; });
        loop.run_ready();
        EXPECT_TRUE(stopped);
    }
    void add(const Key& group, int first, int count, Priority priority = Priority::kBulk) {
        for (int index = first; index < first + count; ++index)
            controller.add(group, {"shop", "t" + std::to_string(index)}, priority);
    }

    loop::ManualLoop loop;
    metrics::Registry metrics;
    TestBatches reconciler;
    BatchController controller;
};

TEST(BatchController, GathersKeysOfOneTurnIntoOneBatch) {
    BatchesAtTime at;
    at.add(kEvents, 0, 30);
    at.loop.run_ready();

    ASSERT_EQ(at.reconciler.batches.size(), 1u);
    EXPECT_EQ(at.reconciler.batches[0].keys.size(), 30u);
    at.reconciler.end(0);
}

TEST(BatchController, KeepsGroupsApart) {
    BatchesAtTime at{{.batch_max = 10, .batches_per_group = 1}};
    at.add(kEvents, 0, 20);
    at.add(kOrders, 100, 5);
    at.loop.run_ready();

    ASSERT_EQ(at.reconciler.batches.size(), 2u);
    EXPECT_EQ(at.reconciler.batches[0].group, kEvents);
    EXPECT_EQ(at.reconciler.batches[1].group, kOrders);
    at.reconciler.end(1);
    at.reconciler.end(0);
    at.loop.run_ready();
    at.reconciler.end(2);
}

TEST(BatchController, KeepsABatchFreeForLiveChanges) {
    BatchesAtTime at{{.batch_max = 10, .batches_per_group = 2}};
    at.add(kEvents, 0, 100);
    at.loop.run_ready();
    EXPECT_EQ(at.reconciler.batches.size(), 2u);
    at.add(kEvents, 99, 1, Priority::kLive);
    at.loop.run_ready();

    ASSERT_EQ(at.reconciler.batches.size(), 3u);
    EXPECT_EQ(at.reconciler.batches[2].keys, (std::vector<Key>{{"shop", "t99"}}));
    for (std::size_t index = 0; !at.controller.is_idle(); ++index) {
        at.reconciler.end(index);
        at.loop.run_ready();
    }
}

TEST(BatchController, TriesFailedKeysAgainAloneLater) {
    BatchesAtTime at;
    at.add(kEvents, 0, 2);
    at.loop.run_ready();
    at.reconciler.batches[0].done({Outcome::done(), Outcome::failed({Errc::kIo, "no"})});
    at.loop.advance(100ms);

    ASSERT_EQ(at.reconciler.batches.size(), 2u);
    EXPECT_EQ(at.reconciler.batches[1].keys, (std::vector<Key>{{"shop", "t1"}}));
    at.reconciler.end(1);
    at.loop.run_ready();
    EXPECT_NE(at.metrics.text().find("workqueue_adds_total{name=\"test\"} 3"), std::string::npos);
}

TEST(BatchController, ComesBackForAKeyThatIsDueWhileAllBatchesAreTaken) {
    BatchesAtTime at{{.batch_max = 1, .batches_per_group = 1}};
    at.add(kEvents, 0, 1);
    at.loop.run_ready();
    at.reconciler.end(0, Outcome::requeue_after(1s, "growing"));
    at.add(kEvents, 1, 1);
    at.loop.run_ready();
    at.loop.advance(10s);
    EXPECT_EQ(at.reconciler.batches.size(), 2u);
    at.reconciler.end(1);
    at.loop.advance(10ms);

    ASSERT_EQ(at.reconciler.batches.size(), 3u);
    EXPECT_EQ(at.reconciler.batches[2].keys[0].name, "t0");
    at.reconciler.end(2);
}

}  // namespace
}  // namespace moldau::controller
