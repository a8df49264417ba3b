// The controller on a loop whose time the test moves.

#include "operator/controller/controller.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "operator/loop/manual_loop.h"

namespace moldau::controller {
namespace {

using namespace std::chrono_literals;

Key key(const std::string& name) { return {"shop", name}; }

// Steps wait until the test ends them, or end at once with what `answer` says.
class TestReconciler : public Reconciler {
public:
    Task<Outcome> reconcile(Key which) override {
        started.push_back(which.name);
        if (!holds) co_return answer;
        co_return co_await completion<Outcome>([this, which](auto done) { held.emplace(which.name, std::move(done)); });
    }
    void end(const std::string& name, Outcome outcome = Outcome::done()) {
        auto done = std::move(held.extract(name).mapped());
        done(std::move(outcome));
    }

    bool holds = false;
    Outcome answer = Outcome::done();
    std::vector<std::string> started;
    std::map<std::string, std::move_only_function<void(Outcome)>> held;
};

struct ControllerAtTime {
    explicit ControllerAtTime(ControllerOptions options = {})
        : controller(loop, reconciler, metrics, [&] {
              options.step.name = "test";
              return options;
          }()) {
        controller.start();
    }
    ~ControllerAtTime() {
        bool stopped = false;
        spawn(controller.stop(), [&] { stopped = true; });
        loop.run_ready();
        EXPECT_TRUE(stopped);
    }
    void add(const std::string& name, Priority priority = Priority::kLive) { controller.add(key(name), priority); }

    loop::ManualLoop loop;
    metrics::Registry metrics;
    TestReconciler reconciler;
    Controller controller;
};

TEST(Controller, RunsNoMoreStepsAtOnceThanItHasWorkers) {
    ControllerAtTime at{{.workers = 2}};
    at.reconciler.holds = true;
    for (const auto* name : {"a", "b", "c"}) at.add(name);
    at.loop.run_ready();
    EXPECT_EQ(at.reconciler.started, (std::vector<std::string>{"a", "b"}));
    at.reconciler.end("a");
    at.loop.run_ready();

    EXPECT_EQ(at.reconciler.started.back(), "c");
    at.reconciler.end("b");
    at.reconciler.end("c");
}

TEST(Controller, NeverRunsTwoStepsOfOneKeyAtOnce) {
    ControllerAtTime at;
    at.reconciler.holds = true;
    at.add("a");
    at.loop.run_ready();
    at.add("a");
    at.loop.run_ready();
    EXPECT_EQ(at.reconciler.started.size(), 1u);
    at.reconciler.end("a");
    at.loop.run_ready();

    EXPECT_EQ(at.reconciler.started.size(), 2u);
    at.reconciler.end("a");
}

TEST(Controller, TriesAFailedStepAgainWithGrowingDelays) {
    ControllerAtTime at{{.queue = {.backoff_first = 100ms, .backoff_max = 10s}}};
    at.reconciler.answer = Outcome::failed({Errc::kIo, "no"});
    at.add("a");
    at.loop.advance(1s);
    // At 0, after up to 100 ms, 200 ms and 400 ms more; each is shortened by up to a quarter.
    EXPECT_GE(at.reconciler.started.size(), 4u);
    EXPECT_LE(at.reconciler.started.size(), 5u);
    at.reconciler.answer = Outcome::done();
    at.loop.advance(2s);
    const auto steps = at.reconciler.started.size();
    at.loop.advance(10min);

    EXPECT_EQ(at.reconciler.started.size(), steps);
    EXPECT_EQ(at.controller.queue().failures(key("a")), 0);
}

TEST(Controller, ComesBackWhenAStepAskedForIt) {
    ControllerAtTime at;
    at.reconciler.answer = Outcome::requeue_after(5s, "waiting for the pod");
    at.add("a");
    at.loop.run_ready();
    at.reconciler.answer = Outcome::done();
    at.loop.advance(4999ms);
    EXPECT_EQ(at.reconciler.started.size(), 1u);
    at.loop.advance(1ms);

    EXPECT_EQ(at.reconciler.started.size(), 2u);
}

TEST(Controller, LooksAtBlockedKeysNowAndThen) {
    ControllerAtTime at{{.step = {.blocked_recheck = 100s}}};
    at.reconciler.answer = Outcome::blocked("bad image");
    at.add("a");
    at.loop.advance(89s);
    EXPECT_EQ(at.reconciler.started.size(), 1u);
    at.loop.advance(22s);

    EXPECT_EQ(at.reconciler.started.size(), 2u);
}

TEST(Controller, WaitsForStepsUnderWayWhenItStops) {
    ControllerAtTime at;
    at.reconciler.holds = true;
    at.add("a");
    at.loop.run_ready();
    bool stopped = false;
    spawn(at.controller.stop(), [&] { stopped = true; });
    at.add("b");
    at.loop.run_ready();
    EXPECT_FALSE(stopped);
    at.reconciler.end("a", Outcome::failed({Errc::kCancelled, "stopping"}));
    at.loop.advance(1h);

    EXPECT_TRUE(stopped);
    EXPECT_EQ(at.reconciler.started, (std::vector<std::string>{"a"}));
}

TEST(Controller, LeavesTheLoopToOthersBetweenManySteps) {
    ControllerAtTime at{{.workers = 4, .starts_per_turn = 10}};
    for (int index = 0; index < 100; ++index) at.add("k" + std::to_string(index));
    std::size_t seen = 0;
    at.loop.post([&] { at.loop.post([&] { seen = at.reconciler.started.size(); }); });
    at.loop.run_ready();

    EXPECT_EQ(at.reconciler.started.size(), 100u);
    EXPECT_LE(seen, 20u);
}

TEST(Controller, CountsUnderTheNamesOfControllerRuntime) {
    ControllerAtTime at;
    at.add("a");
    at.loop.run_ready();
    at.reconciler.answer = Outcome::failed({Errc::kIo, "no"});
    at.add("b");
    at.loop.run_ready();
    at.reconciler.holds = true;
    at.add("c");
    at.loop.run_ready();
    at.loop.post([] {});
    const auto text = at.metrics.text();

    for (const auto* line :
         {"controller_runtime_reconcile_total{controller=\"test\",result=\"success\"} 1",
          "controller_runtime_reconcile_errors_total{controller=\"test\"} 1",
          "controller_runtime_active_workers{controller=\"test\"} 1", "workqueue_adds_total{name=\"test\"} 3",
          "workqueue_retries_total{name=\"test\"} 1", "workqueue_work_duration_seconds_count{name=\"test\"} 2"})
        EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
    at.reconciler.end("c");
}

}  // namespace
}  // namespace moldau::controller
