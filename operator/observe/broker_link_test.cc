// A link to a broker in memory.

#include "operator/observe/broker_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "operator/broker_api/fake_broker.h"
#include "operator/loop/manual_loop.h"
#include "operator/observe/links.h"
#include "operator/observe/metered_broker.h"

namespace moldau::observe {
namespace {

using broker_api::FakeBroker;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

class BrokerLinkTest : public testing::Test {
protected:
    BrokerLinkTest() : link_(loop_, broker_.connect(), events()) { link_.start(); }
    ~BrokerLinkTest() override {
        bool stopped = false;
        spawn(link_.stop(), [&] { stopped = true; });
        loop_.run_until([&] { return stopped; }, 1min);
        EXPECT_TRUE(stopped);
    }
    BrokerLinkEvents events() {
        return {
            .changed = [this] { ++changed_; },
            .topics_changed =
                [this](const std::vector<std::string>& names) { topics_.insert(topics_.end(), names.begin(), names.end()); },
            .topics_known = [this] { ++known_; }};
    }
    void connect() {
        link_.expect(Expected::kBroker);
        loop_.advance(2s);
    }

    loop::ManualLoop loop_;
    FakeBroker broker_{loop_};
    int changed_ = 0;
    int known_ = 0;
    std::vector<std::string> topics_;
    BrokerLink link_;
};

TEST_F(BrokerLinkTest, AsksNobodyWhileNobodyIsExpected) {
    loop_.advance(1min);

    EXPECT_THAT(broker_.calls(), IsEmpty());
    EXPECT_FALSE(link_.answers().state);
    EXPECT_FALSE(link_.answers().error.empty());
}

TEST_F(BrokerLinkTest, KnowsStateSettingsAndTopics) {
    broker_.put_topic({.name = "orders", .partitions = 3, .replication_factor = 1});
    connect();

    ASSERT_TRUE(link_.answers().state);
    EXPECT_EQ(link_.answers().state->cluster_id, "fake-cluster");
    EXPECT_TRUE(link_.answers().settings);
    EXPECT_TRUE(link_.knows_topics());
    EXPECT_EQ(link_.topic("orders")->partitions, 3);
    EXPECT_EQ(known_, 1);
    EXPECT_GE(changed_, 1);
}

TEST_F(BrokerLinkTest, FollowsTopics) {
    connect();
    topics_.clear();
    broker_.put_topic({.name = "orders", .partitions = 3, .replication_factor = 1});
    loop_.advance(1s);
    EXPECT_THAT(topics_, ElementsAre("orders"));
    broker_.erase_topic("orders");
    loop_.advance(1s);

    EXPECT_THAT(topics_, ElementsAre("orders", "orders"));
    EXPECT_FALSE(link_.topic("orders"));
    EXPECT_EQ(known_, 1);
}

TEST_F(BrokerLinkTest, TellsNothingThatItKnows) {
    broker_.put_topic({.name = "orders", .partitions = 3, .replication_factor = 1});
    connect();
    topics_.clear();
    const auto changed = changed_;
    broker_.reset_feeds();
    loop_.advance(1min);

    EXPECT_THAT(topics_, IsEmpty());
    EXPECT_EQ(changed_, changed);
}

TEST_F(BrokerLinkTest, ComesBackAfterALossAndSeesWhatHappenedMeanwhile) {
    broker_.put_topic({.name = "a", .partitions = 1, .replication_factor = 1});
    broker_.put_topic({.name = "b", .partitions = 1, .replication_factor = 1});
    connect();
    broker_.set_reach(FakeBroker::Reach::kUnreachable);
    loop_.advance(30s);
    EXPECT_FALSE(link_.knows_topics());
    EXPECT_FALSE(link_.answers().state);
    EXPECT_FALSE(link_.answers().error.empty());
    topics_.clear();
    broker_.erase_topic("a");
    broker_.put_topic({.name = "c", .partitions = 1, .replication_factor = 1});
    broker_.set_reach(FakeBroker::Reach::kReachable);
    loop_.advance(15s);

    EXPECT_TRUE(link_.knows_topics());
    EXPECT_EQ(known_, 2);
    EXPECT_THAT(topics_, testing::UnorderedElementsAre("a", "c"));
}

TEST_F(BrokerLinkTest, ReadsSettingsAgainWhenTheirEpochChanges) {
    connect();
    const auto asked = broker_.count("settings");
    ++broker_.state.settings_epoch;
    link_.poke();
    loop_.advance(1s);

    EXPECT_EQ(broker_.count("settings"), asked + 1);
    EXPECT_EQ(link_.answers().settings->epoch, broker_.state.settings_epoch);
}

TEST_F(BrokerLinkTest, AsksRarelyWhenAllIsWell) {
    connect();
    const auto asked = broker_.count("cluster");
    loop_.advance(100s);

    EXPECT_LE(broker_.count("cluster") - asked, 11u);
}

TEST_F(BrokerLinkTest, ForgetsAnswersWhenTheBrokerIsTakenDown) {
    connect();
    link_.expect(Expected::kNobody);
    loop_.advance(1s);

    EXPECT_FALSE(link_.answers().state);
    EXPECT_FALSE(link_.knows_topics());
}

TEST(MeteredBroker, CountsCallsByTheirResult) {
    loop::ManualLoop loop;
    metrics::Registry metrics;
    FakeBroker broker{loop};
    MeteredBroker metered{loop, metrics, broker.connect()};
    broker.fail_next("cluster", {Errc::kRequestTimedOut, "late"});
    int answers = 0;
    for (int call = 0; call < 2; ++call) {
        spawn(metered.cluster(), [&](const auto&) { ++answers; });
        loop.advance(1s);
    }
    bool closed = false;
    spawn(metered.close(), [&] { closed = true; });
    loop.advance(1s);

    EXPECT_EQ(answers, 2);
    EXPECT_TRUE(closed);
    EXPECT_EQ(metrics.value(metrics::Metric::kBrokerCalls, {"cluster", "ok"}), 1);
    EXPECT_EQ(metrics.value(metrics::Metric::kBrokerCalls, {"cluster", "failed"}), 1);
}

}  // namespace
}  // namespace moldau::observe
