// Who is admitted when: while recovering, while stopping, past a limit; and listeners that are slow or go away.

#include "operator_api/desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "operator_api/operator_testing.h"

namespace moldau::operator_api {
namespace {

using testing::OperatorBroker;

// A listener that takes a message only when the test says so.
class SlowListener : public Listener {
public:
    void write(pb::TopicChanges message, std::move_only_function<void(bool)> done) override {
        messages.push_back(std::move(message));
        writing = std::move(done);
    }
    void cancel() override {
        cancelled = true;
        std::exchange(writing, {})(false);
    }
    void finish(Error error) override { finished = std::move(error); }
    void take() { std::exchange(writing, {})(true); }

    std::vector<pb::TopicChanges> messages;
    std::move_only_function<void(bool)> writing;
    std::optional<Error> finished;
    bool cancelled = false;
};

class DeskTest : public ::testing::Test {
protected:
    ~DeskTest() override { sim::run(broker.loop, desk.stop()); }

    Arrival arrival(std::string_view method) { return {method, broker.loop.now().mono + Millis{1000}, "/10.0.0.9"}; }
    // DescribeSettings: any call will do.
    std::optional<Errc> ask(MonoTime deadline) {
        std::optional<Errc> code;
        Arrival call = arrival("DescribeSettings");
        call.deadline = deadline;
        desk.take(
            call, &Operations::describe_settings, pb::DescribeSettingsRequest{},
            [&](const Result<pb::DescribeSettingsResponse>& result) { code = result ? Errc::kNone : result.error().code; });
        broker.loop.run_until_idle();
        return code;
    }
    std::optional<Errc> ask() { return ask(broker.loop.now().mono + Millis{1000}); }
    pb::DescribeClusterResponse describe() {
        pb::DescribeClusterResponse response;
        desk.take_describe_cluster(arrival("DescribeCluster"), request, [&](Result<pb::DescribeClusterResponse> result) {
            response = std::move(result).value();
        });
        broker.loop.run_until_idle();
        return response;
    }
    std::shared_ptr<Desk::Watch> watch(SlowListener& listener) {
        auto watch = desk.watch(arrival("WatchTopics"), pb::WatchTopicsRequest{}, listener);
        broker.loop.run_until_idle();
        return watch;
    }
    // The start and the end of a small one.
    void take_snapshot(SlowListener& listener) {
        for (int message = 0; message < 2; ++message) {
            listener.take();
            broker.loop.run_until_idle();
        }
    }
    std::uint64_t count(std::string_view method, std::string_view code) {
        for (const auto& row : desk.counts()) {
            if (row.method == method && row.code == code) return row.count;
        }
        return 0;
    }

    sim::Disk disk;
    OperatorBroker broker{disk};
    pb::DescribeClusterRequest request;
    SlowListener one;
    SlowListener two;
    SlowListener three;
    Desk desk{broker.loop, *broker.node.authorizer, ServerOptions{.node = BrokerId{1}, .version = "1.2.3", .feeds_max = 2}};
};

TEST_F(DeskTest, SaysThatTheBrokerRecoversUntilItServes) {
    EXPECT_EQ(ask(), Errc::kCoordinatorLoadInProgress);
    const auto early = describe();
    EXPECT_FALSE(early.ready());
    EXPECT_EQ(early.reasons(0).code(), "RECOVERING");
    EXPECT_EQ(early.node_id(), 1);

    desk.serve(*broker.operations);
    EXPECT_EQ(ask(), Errc::kNone);
    EXPECT_TRUE(describe().ready());
    EXPECT_EQ(count("DescribeSettings", "UNAVAILABLE"), 1U);
    EXPECT_EQ(count("DescribeSettings", "OK"), 1U);
}

TEST_F(DeskTest, SaysThatTheBrokerStops) {
    desk.serve(*broker.operations);
    sim::run(broker.loop, desk.stop());
    EXPECT_EQ(ask(), Errc::kClosed);
    EXPECT_EQ(describe().reasons(0).code(), "STOPPING");
}

TEST_F(DeskTest, BeginsNothingPastItsDeadline) {
    desk.serve(*broker.operations);
    EXPECT_EQ(ask(broker.loop.now().mono), Errc::kRequestTimedOut);
}

TEST_F(DeskTest, RefusesFeedsBeyondTheLimit) {
    desk.serve(*broker.operations);
    watch(one);
    watch(two);
    EXPECT_EQ(watch(three), nullptr);
    EXPECT_EQ(three.finished->code, Errc::kBusy);
    EXPECT_EQ(desk.feeds(), 2U);
}

TEST_F(DeskTest, WaitsForAListenerThatIsSlow) {
    desk.serve(*broker.operations);
    watch(one);
    ASSERT_EQ(one.messages.size(), 1U);
    broker.make("orders");
    broker.make("bills");
    EXPECT_EQ(one.messages.size(), 1U);

    take_snapshot(one);

    ASSERT_EQ(one.messages.size(), 3U);
    EXPECT_EQ(one.messages[2].topics_size(), 2);
}

TEST_F(DeskTest, TellsChangesAtOnceAndOtherwiseThatItLives) {
    desk.serve(*broker.operations);
    watch(one);
    take_snapshot(one);
    ASSERT_EQ(one.messages.size(), 2U);

    broker.loop.advance(Millis{9'999});
    EXPECT_EQ(one.messages.size(), 2U);
    broker.loop.advance(Millis{1});
    ASSERT_EQ(one.messages.size(), 3U);
    EXPECT_EQ(one.messages[2].kind(), pb::TopicChanges::HEARTBEAT);
    EXPECT_EQ(one.messages[2].resume(), one.messages[1].resume());
    one.take();
    broker.make("orders");
    ASSERT_EQ(one.messages.size(), 4U);
    EXPECT_EQ(one.messages[3].kind(), pb::TopicChanges::CHANGES);
}

TEST_F(DeskTest, LetsGoOfAListenerThatWentAway) {
    desk.serve(*broker.operations);
    watch(one);
    std::exchange(one.writing, {})(false);
    EXPECT_EQ(one.finished->code, Errc::kNone);
    EXPECT_EQ(desk.feeds(), 0U);

    const auto seat = watch(two);
    take_snapshot(two);
    EXPECT_FALSE(two.finished.has_value());
    desk.end(seat);
    broker.loop.run_until_idle();
    EXPECT_TRUE(two.finished.has_value());
    EXPECT_EQ(desk.feeds(), 0U);
    EXPECT_EQ(count("WatchTopics", "OK"), 2U);
}

TEST_F(DeskTest, EndsEveryListenerWhenItStops) {
    desk.serve(*broker.operations);
    watch(one);
    watch(two);
    take_snapshot(two);

    sim::run(broker.loop, desk.stop());

    EXPECT_TRUE(one.cancelled);
    EXPECT_TRUE(one.finished.has_value());
    EXPECT_FALSE(two.cancelled);
    EXPECT_EQ(two.finished->code, Errc::kClosed);
    EXPECT_EQ(desk.feeds(), 0U);
}

TEST(StatusName, TellsStaleBeliefsFromFaults) {
    EXPECT_EQ(status_name(Errc::kStaleBrokerEpoch), "FAILED_PRECONDITION");
    EXPECT_EQ(status_name(Errc::kCoordinatorLoadInProgress), "UNAVAILABLE");
    EXPECT_EQ(status_name(Errc::kKafkaStorageError), "INTERNAL");
}

}  // namespace
}  // namespace moldau::operator_api
