// The fake keeps the real one's rules: beliefs, repetition, results per item, the feed; and it breaks when told to.

#include "operator/broker_api/fake_broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/loop/manual_loop.h"

namespace moldau::broker_api {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using Kind = TopicChanges::Kind;

class FakeBrokerTest : public ::testing::Test {
protected:
    ~FakeBrokerTest() override { run(close()); }

    template <class T>
    T run(Task<T> task, Millis most = Millis{60'000}) {
        std::optional<T> result;
        spawn(std::move(task), [&](T value) { result.emplace(std::move(value)); });
        loop.run_until([&] { return result.has_value(); }, most);
        CHECK(result.has_value());
        return *std::move(result);
    }
    Task<bool> close() {
        co_await api->close();
        co_return true;
    }
    Result<TopicResults> create(const std::string& name, std::int32_t partitions, TopicId id = {}) {
        CreateTopics order;
        order.topics.push_back({.name = name, .partitions = partitions, .id = id});
        return run(api->create_topics(std::move(order)));
    }

    loop::ManualLoop loop;
    FakeBroker broker{loop};
    std::unique_ptr<BrokerApi> api = broker.connect();
};

const TopicId kOwn = [] {
    Uuid id;
    id.bytes[3] = 7;
    return TopicId{id};
}();

TEST_F(FakeBrokerTest, CreatesOnceHoweverOftenItIsAskedWithAnId) {
    EXPECT_TRUE(create("orders", 3, kOwn)->front().outcome.ok());
    EXPECT_TRUE(create("orders", 3, kOwn)->front().outcome.ok());
    EXPECT_EQ(broker.mutations(), 1U);

    const auto foreign = create("orders", 3)->front();
    EXPECT_EQ(foreign.outcome.error, Errc::kTopicAlreadyExists);
    EXPECT_EQ(foreign.topic->id, kOwn);
}

TEST_F(FakeBrokerTest, RefusesStaleBeliefs) {
    CreateTopics order{.expected = {.cluster_id = "another"}};
    EXPECT_EQ(run(api->create_topics(order)).error().code, Errc::kInconsistentClusterId);
    order.expected = {.metadata_epoch = broker.state.metadata_epoch};
    broker.restart();
    EXPECT_EQ(run(api->create_topics(order)).error().code, Errc::kStaleControllerEpoch);
}

TEST_F(FakeBrokerTest, AltersWhatItCanAndNamesTheRest) {
    create("orders", 3);
    AlterTopics order{.bad_configs = BadConfigs::kLeaveOut};
    order.topics.push_back(
        {.name = "orders", .partitions = 2, .configs = {{"retention.ms", "5"}, {"segment.bytes", "bad"}}});

    const auto result = run(api->alter_topics(order))->front();

    EXPECT_EQ(result.outcome.error, Errc::kInvalidPartitions);
    EXPECT_TRUE(result.configs.ok());
    EXPECT_THAT(result.topic->configs, ElementsAre(Pair("retention.ms", "5")));
    ASSERT_EQ(result.refused_configs.size(), 1U);
    EXPECT_EQ(result.refused_configs[0].name, "segment.bytes");
}

TEST_F(FakeBrokerTest, DeletesByIdWithoutErrorWhenItIsGone) {
    const auto id = create("orders", 3)->front().topic->id;
    const DeleteTopics order{.topics = {{.id = id}}};
    EXPECT_TRUE(run(api->delete_topics(order))->front().outcome.ok());
    EXPECT_TRUE(run(api->delete_topics(order))->front().outcome.ok());
    EXPECT_EQ(run(api->delete_topics({.topics = {{.name = "orders"}}}))->front().outcome.error,
              Errc::kUnknownTopicOrPartition);
}

TEST_F(FakeBrokerTest, FeedsASnapshotAndThenChanges) {
    create("orders", 3);
    const auto feed = api->watch_topics("");
    EXPECT_EQ(run(feed->next())->kind, Kind::kSnapshotStart);
    const auto end = run(feed->next()).value();
    EXPECT_EQ(end.kind, Kind::kSnapshotEnd);
    EXPECT_EQ(end.topics.at(0).name, "orders");

    broker.put_topic({.name = "foreign", .partitions = 9});
    EXPECT_EQ(run(feed->next())->topics.at(0).partitions, 9);
    broker.erase_topic("orders");
    const auto deleted = run(feed->next()).value();
    EXPECT_EQ(deleted.deleted.at(0).name, "orders");

    const auto other = api->watch_topics(deleted.resume);
    broker.reset_feeds();
    EXPECT_EQ(run(other->next())->kind, Kind::kSnapshotStart);
}

TEST_F(FakeBrokerTest, EndsFeedsWithARestartOfTheBroker) {
    const auto feed = api->watch_topics("");
    broker.restart();
    EXPECT_EQ(run(feed->next()).error().code, Errc::kBrokerNotAvailable);
    EXPECT_EQ(broker.feeds(), 0U);
}

TEST_F(FakeBrokerTest, GivesUpAFeedThatIsSilent) {
    const auto feed = api->watch_topics("");
    ASSERT_TRUE(run(feed->next()).has_value());
    ASSERT_TRUE(run(feed->next()).has_value());
    EXPECT_EQ(run(feed->next()).error().code, Errc::kRequestTimedOut);
}

TEST_F(FakeBrokerTest, FailsSlowsAndLosesAnswersWhenToldTo) {
    broker.fail_next("create_topics", {Errc::kBusy, "too much"});
    EXPECT_EQ(create("orders", 1).error().code, Errc::kBusy);
    broker.lose_answer("create_topics");
    EXPECT_EQ(create("orders", 1, kOwn).error().code, Errc::kRequestTimedOut);
    EXPECT_EQ(broker.topics().size(), 1U);
    broker.set_reach(FakeBroker::Reach::kUnreachable);
    EXPECT_EQ(run(api->cluster()).error().code, Errc::kBrokerNotAvailable);
    broker.set_reach(FakeBroker::Reach::kReachable);

    broker.set_delay(Millis{700});
    const auto before = loop.mono_now();
    EXPECT_TRUE(run(api->cluster()).has_value());
    EXPECT_EQ(loop.mono_now() - before, Millis{700});
}

TEST_F(FakeBrokerTest, ClosesWithCallsUnderWay) {
    broker.set_delay(Millis{700});
    std::optional<Errc> code;
    spawn(api->cluster(), [&](const Result<ClusterState>& result) { code = result.error().code; });
    loop.run_ready();

    run(close());

    EXPECT_EQ(code, Errc::kClosed);
}

TEST_F(FakeBrokerTest, PreparesAStopOfTheProcessThatIsMeant) {
    const auto epoch = run(api->stop_progress(broker.state.self))->broker_epoch;
    broker.set_preparing(FakeBroker::Preparing::kHangs);
    const PrepareToStop order{.broker = broker.state.self, .broker_epoch = epoch};
    EXPECT_EQ(run(api->prepare_to_stop(order))->state, StopState::kPreparing);
    broker.set_preparing(FakeBroker::Preparing::kEndsAtOnce);
    EXPECT_EQ(run(api->prepare_to_stop(order))->state, StopState::kPrepared);

    broker.restart();
    EXPECT_EQ(run(api->prepare_to_stop(order)).error().code, Errc::kStaleBrokerEpoch);
    EXPECT_EQ(run(api->may_stop(BrokerId{9})).error().code, Errc::kBrokerIdNotRegistered);
}

TEST_F(FakeBrokerTest, AltersDynamicSettingsOnly) {
    broker.settings["max.connections"] = {
        .name = "max.connections", .value = "9", .default_value = "9", .update = SettingUpdate::kClusterWide};
    broker.settings["node.id"] = {.name = "node.id", .value = "0"};
    AlterSettings order{.changes = {{"max.connections", "5"}, {"node.id", "1"}}};
    EXPECT_EQ(run(api->alter_settings(order))->results[0].outcome.error, Errc::kOperationNotAttempted);

    order.bad_configs = BadConfigs::kLeaveOut;
    const auto results = run(api->alter_settings(order)).value();
    EXPECT_TRUE(results.results[0].outcome.ok());
    EXPECT_EQ(results.results[1].outcome.error, Errc::kInvalidRequest);
    EXPECT_EQ(broker.settings["max.connections"].value, "5");
    order.expected_epoch = results.epoch + 1;
    EXPECT_EQ(run(api->alter_settings(order)).error().code, Errc::kInvalidUpdateVersion);
}

TEST(FakeFactory, ConnectsByTarget) {
    loop::ManualLoop loop;
    FakeFactory factory{loop};
    factory.at("a:9190").state.cluster_id = "a";
    const auto there = factory.connect("a:9190");
    const auto nowhere = factory.connect("b:9190");
    std::vector<std::string> seen;
    for (const auto* api : {there.get(), nowhere.get()}) {
        spawn(api == there.get() ? there->cluster() : nowhere->cluster(), [&](const Result<ClusterState>& state) {
            seen.push_back(state ? state->cluster_id : std::string(errc_name(state.error().code)));
        });
    }
    loop.advance(Millis{1});
    EXPECT_THAT(seen, ElementsAre("a", "BROKER_NOT_AVAILABLE"));
}

}  // namespace
}  // namespace moldau::broker_api
