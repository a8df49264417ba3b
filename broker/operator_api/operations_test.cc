// The cluster's state with its reasons, settings, and stopping.

#include "operator_api/operations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "handlers/broker_testing.h"
#include "operator_api/operator_testing.h"
#include "operator_api/stop_verdict.h"

namespace moldau::operator_api {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::OperatorBroker;

std::vector<std::string> codes_of(const Reasons& reasons) {
    std::vector<std::string> codes;
    for (const auto& reason : reasons) codes.push_back(reason.code());
    return codes;
}

TEST(DescribeCluster, TellsOfTheClusterAndOfItself) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    broker.make("orders", 3);

    const auto state = broker.ask(&Operations::describe_cluster, pb::DescribeClusterRequest{}).value();

    EXPECT_EQ(state.cluster_id(), broker.shard->image->cluster_id());
    EXPECT_EQ(state.topics(), 1);
    EXPECT_EQ(state.partitions(), 3);
    EXPECT_TRUE(state.ready());
    EXPECT_EQ(state.version(), "1.2.3");
    EXPECT_EQ(state.health(), pb::DescribeClusterResponse::HEALTH_HEALTHY);
    EXPECT_EQ(state.reasons_size(), 0);
    ASSERT_EQ(state.brokers_size(), 1);
    EXPECT_EQ(state.brokers(0).endpoints(0).host(), "localhost");
    EXPECT_EQ(state.stop().state(), pb::StopProgress::SERVING);
}

TEST(DescribeCluster, SaysWhatIsWrongWithADisk) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    broker.make("orders", 3);
    auto& health = *broker.node.dir_health.front();
    health.refuse();
    auto state = broker.ask(&Operations::describe_cluster, pb::DescribeClusterRequest{}).value();
    EXPECT_THAT(codes_of(state.reasons()), ElementsAre("DISK_REFUSING"));
    EXPECT_EQ(state.health(), pb::DescribeClusterResponse::HEALTH_DEGRADED);

    health.fail({Errc::kIo, "read orders-0: EIO"});
    state = broker.ask(&Operations::describe_cluster, pb::DescribeClusterRequest{}).value();
    EXPECT_THAT(codes_of(state.reasons()), ElementsAre("DISK_FAILED", "PARTITIONS_OFFLINE"));
    EXPECT_THAT(state.reasons(0).message(), HasSubstr("read orders-0: EIO"));
    EXPECT_EQ(state.partitions_offline(), 3);
}

TEST(DescribeCluster, IsRefusedToThoseWhoMayNot) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    broker.node.authorizer = std::make_unique<testing::DenyAll>();
    EXPECT_EQ(broker.ask(&Operations::describe_cluster, pb::DescribeClusterRequest{}).error().code,
              Errc::kClusterAuthorizationFailed);
}

class Settings : public ::testing::Test {
protected:
    pb::Setting find(const std::string& name) {
        const auto all = broker.ask(&Operations::describe_settings, pb::DescribeSettingsRequest{}).value();
        epoch = all.epoch();
        for (const auto& setting : all.settings()) {
            if (setting.name() == name) return setting;
        }
        return {};
    }
    void set(const std::string& name, const std::string& value) {
        auto& change = *request.add_changes();
        change.set_name(name);
        change.set_value(value);
    }
    Result<pb::AlterSettingsResponse> alter() { return broker.ask(&Operations::alter_settings, request); }

    sim::Disk disk;
    OperatorBroker broker{disk, settings::Values{settings::Overrides{{"max.connections", "50"}}}};
    pb::AlterSettingsRequest request;
    std::int64_t epoch = 0;
};

TEST_F(Settings, ShowValueOriginAndDefault) {
    const auto setting = find("max.connections");
    EXPECT_EQ(setting.value(), "50");
    EXPECT_EQ(setting.source(), pb::Setting::SOURCE_STATIC);
    EXPECT_EQ(setting.default_value(), "2147483647");
    EXPECT_EQ(setting.update(), pb::Setting::UPDATE_CLUSTER_WIDE);
    EXPECT_EQ(setting.type(), "int");
    EXPECT_NE(setting.documentation(), "");
    EXPECT_EQ(find("node.id").update(), pb::Setting::UPDATE_STATIC);
    EXPECT_FALSE(find("broker.rack").has_value());
}

TEST_F(Settings, ChangeForAllAndForOneWhichCountsMore) {
    set("max.connections", "60");
    EXPECT_EQ(alter()->results(0).outcome().code(), 0);
    EXPECT_EQ(find("max.connections").value(), "60");
    EXPECT_EQ(find("max.connections").source(), pb::Setting::SOURCE_CLUSTER_WIDE);

    request.set_broker_id(1);
    request.mutable_changes(0)->set_value("70");
    EXPECT_EQ(alter()->results(0).outcome().code(), 0);
    EXPECT_EQ(find("max.connections").value(), "70");
    EXPECT_EQ(find("max.connections").cluster_value(), "60");

    request.mutable_changes(0)->clear_value();
    EXPECT_EQ(alter()->results(0).outcome().code(), 0);
    EXPECT_EQ(find("max.connections").value(), "60");
}

TEST_F(Settings, RefuseAStaleEpoch) {
    find("max.connections");
    request.set_expected_epoch(epoch);
    set("max.connections", "60");
    EXPECT_EQ(alter()->results(0).outcome().code(), 0);

    EXPECT_EQ(alter().error().code, Errc::kInvalidUpdateVersion);
}

TEST_F(Settings, KeepTheirEpochWhenNothingChanges) {
    set("max.connections", "60");
    const auto changed = alter()->epoch();
    EXPECT_EQ(alter()->epoch(), changed);
    broker.make("orders");
    EXPECT_EQ(alter()->epoch(), changed);
}

TEST_F(Settings, AreAllOrNothingUnlessToldToLeaveOut) {
    set("node.id", "7");
    set("max.connections", "60");

    auto response = alter().value();
    EXPECT_EQ(error_of(response.results(0).outcome()), "INVALID_REQUEST");
    EXPECT_EQ(error_of(response.results(1).outcome()), "OPERATION_NOT_ATTEMPTED");
    EXPECT_EQ(find("max.connections").value(), "50");

    request.set_bad_configs(pb::BAD_CONFIGS_LEAVE_OUT);
    response = alter().value();
    EXPECT_EQ(error_of(response.results(0).outcome()), "INVALID_REQUEST");
    EXPECT_EQ(response.results(1).outcome().code(), 0);
    EXPECT_EQ(find("max.connections").value(), "60");
}

class Stopping : public ::testing::Test {
protected:
    Result<pb::StopProgress> prepare(std::int64_t epoch = -1) {
        pb::PrepareToStopRequest request;
        request.set_broker_id(1);
        request.set_broker_epoch(epoch);
        return broker.ask(&Operations::prepare_to_stop, request);
    }
    pb::StopProgress progress() {
        pb::GetStopProgressRequest request;
        request.set_broker_id(1);
        return broker.ask(&Operations::stop_progress, request).value();
    }
    sim::Disk disk;
    OperatorBroker broker{disk};
};

TEST_F(Stopping, IsAllowedToTheOnlyBrokerWhichSaysWhatWillBeAway) {
    broker.make("orders", 3);
    pb::MayStopRequest request;
    request.set_broker_id(1);

    const auto verdict = broker.ask(&Operations::may_stop, request).value();

    EXPECT_TRUE(verdict.may_stop());
    EXPECT_EQ(verdict.partitions_unavailable(), 3);
    EXPECT_THAT(codes_of(verdict.reasons()), ElementsAre("ONLY_REPLICA"));
    request.set_broker_id(2);
    EXPECT_EQ(broker.ask(&Operations::may_stop, request).error().code, Errc::kBrokerIdNotRegistered);
}

TEST_F(Stopping, SyncsEveryLogAndIsForgottenAfterAMinute) {
    broker.make("orders", 3);
    EXPECT_EQ(prepare()->broker_id(), 1);
    broker.loop.run_until_idle();

    EXPECT_EQ(progress().state(), pb::StopProgress::PREPARED);
    EXPECT_EQ(progress().partitions_total(), 3);
    EXPECT_EQ(progress().partitions_left(), 0);
    broker.loop.advance(Millis{40'000});
    ASSERT_TRUE(prepare().has_value());
    broker.loop.advance(Millis{40'000});
    EXPECT_EQ(progress().state(), pb::StopProgress::PREPARED);
    broker.loop.advance(Millis{20'000});
    EXPECT_EQ(progress().state(), pb::StopProgress::SERVING);
}

TEST_F(Stopping, IsRefusedForAnotherProcessAndAnotherBroker) {
    const auto epoch = progress().broker_epoch();
    EXPECT_EQ(prepare(epoch + 1).error().code, Errc::kStaleBrokerEpoch);
    EXPECT_EQ(progress().state(), pb::StopProgress::SERVING);
    EXPECT_TRUE(prepare(epoch).has_value());
    pb::PrepareToStopRequest other;
    other.set_broker_id(2);
    EXPECT_EQ(broker.ask(&Operations::prepare_to_stop, other).error().code, Errc::kBrokerIdNotRegistered);
}

// Three brokers and one topic of three replicas, all led by broker 1 and in sync on `in_sync`.
metadata::ImageRef three_brokers(std::vector<std::int32_t> in_sync) {
    metadata::TopicRecord topic;
    topic.name = "orders";
    topic.topic_id = metadata::test_uuid(9);
    metadata::PartitionRecord partition;
    partition.topic_id = topic.topic_id;
    partition.replicas = {1, 2, 3};
    partition.directories = {metadata::test_uuid(1), metadata::test_uuid(2), metadata::test_uuid(3)};
    partition.isr = std::move(in_sync);
    partition.leader = partition.isr.front();
    return metadata::replayed(metadata::image_with_brokers(3), {topic, partition});
}

StopVerdict judge(const metadata::ImageRef& image, std::int32_t broker, std::int32_t min_in_sync) {
    return judge_stop(*image, BrokerId{broker}, [=](const metadata::Topic&) { return min_in_sync; });
}

TEST(StopVerdict, AllowsWhatOthersCanServe) {
    EXPECT_TRUE(judge(three_brokers({1, 2, 3}), 1, 2).may_stop());
    EXPECT_EQ(judge(three_brokers({1, 2, 3}), 1, 2).only_replica, 0);
}

TEST(StopVerdict, RefusesToTakeTheLastReplicaInSync) {
    const auto verdict = judge(three_brokers({1}), 1, 1);
    EXPECT_FALSE(verdict.may_stop());
    EXPECT_EQ(verdict.only_in_sync, 1);
    EXPECT_EQ(verdict.only_in_sync_example, "orders-0");
}

TEST(StopVerdict, RefusesToFallBelowTheMinimum) {
    const auto verdict = judge(three_brokers({1, 2}), 1, 2);
    EXPECT_FALSE(verdict.may_stop());
    EXPECT_EQ(verdict.below_min, 1);
}

TEST(StopVerdict, MissesNobodyWhoIsNotInSync) { EXPECT_TRUE(judge(three_brokers({1, 2}), 3, 2).may_stop()); }

}  // namespace
}  // namespace moldau::operator_api
