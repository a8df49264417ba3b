// Groups through the dispatcher, as clients use them, over a simulated disk.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "coordinator/coordinator_shard.h"
#include "coordinator/group_admin.h"
#include "handlers/broker_testing.h"
#include "wire/delete_groups.h"
#include "wire/describe_groups.h"
#include "wire/find_coordinator.h"
#include "wire/heartbeat.h"
#include "wire/join_group.h"
#include "wire/leave_group.h"
#include "wire/list_groups.h"
#include "wire/offset_commit.h"
#include "wire/offset_delete.h"
#include "wire/offset_fetch.h"
#include "wire/sync_group.h"

namespace moldau::coordinator {
namespace {

using handlers::testing::TestBroker;

settings::Values few_partitions() {
    return settings::Values{std::map<std::string, std::string, std::less<>>{{"offsets.topic.num.partitions", "2"}}};
}

// Lifetime: as TestBroker.
struct GroupBroker {
    explicit GroupBroker(sim::Disk& disk)
        : broker(disk, few_partitions(),
                 {.made = [this](TestBroker& made) { follow(made); },
                  .stopping = [this](TestBroker& stopping) { sim::run(stopping.loop, coordinator->stop()); }}) {}

    void follow(TestBroker& made) {
        made.table.add(coordinator_handlers());
        coordinator = std::make_unique<CoordinatorShard>(*made.shard);
        made.shard->coordinator = coordinator.get();
        made.shard->partitions->on_change([this](const auto&, const TopicPartition& name, replica::Partition* partition) {
            coordinator->follow(name, partition);
        });
    }
    wire::FindCoordinatorResponse::Coordinator find(const std::string& key, std::int8_t type = 0) {
        wire::FindCoordinatorRequest request;
        request.key_type = type;
        request.coordinator_keys = {key};
        return broker.ask<wire::FindCoordinatorResponse>(request, 4).coordinators.at(0);
    }
    // Joins a group of its own and becomes stable; the member's id.
    std::string join(const std::string& group) {
        wire::JoinGroupRequest request;
        request.group_id = group;
        request.session_timeout_ms = 10'000;
        request.rebalance_timeout_ms = 10'000;
        request.protocol_type = "consumer";
        request.protocols.emplace_back().name = "range";
        auto joined = broker.ask<wire::JoinGroupResponse>(request, 9);
        EXPECT_EQ(Errc{joined.error_code}, Errc::kMemberIdRequired);
        request.member_id = joined.member_id;
        joined = broker.ask<wire::JoinGroupResponse>(request, 9);
        EXPECT_EQ(Errc{joined.error_code}, Errc::kNone);
        EXPECT_EQ(joined.leader, joined.member_id);

        wire::SyncGroupRequest sync;
        sync.group_id = group;
        sync.generation_id = joined.generation_id;
        sync.member_id = joined.member_id;
        sync.protocol_type = "consumer";
        sync.protocol_name = "range";
        EXPECT_EQ(broker.ask<wire::SyncGroupResponse>(sync, 5).error_code, 0);
        return joined.member_id;
    }
    Errc commit(const std::string& group, const std::string& topic, std::int64_t offset) {
        wire::OffsetCommitRequest request;
        request.group_id = group;
        request.generation_id_or_member_epoch = -1;
        auto& row = request.topics.emplace_back();
        row.name = topic;
        row.partitions.emplace_back().committed_offset = offset;
        return Errc{broker.ask<wire::OffsetCommitResponse>(request, 9).topics.at(0).partitions.at(0).error_code};
    }
    // The answer for one partition of `topic`, or for the group when it refuses the whole.
    Errc delete_offset(const std::string& group, const std::string& topic, std::int32_t partition = 0) {
        wire::OffsetDeleteRequest request;
        request.group_id = group;
        auto& row = request.topics.emplace_back();
        row.name = topic;
        row.partitions.emplace_back().partition_index = partition;
        const auto response = broker.ask<wire::OffsetDeleteResponse>(request, 0);
        if (response.error_code != 0) return Errc{response.error_code};
        return Errc{response.topics.at(0).partitions.at(0).error_code};
    }
    std::int64_t committed(const std::string& group, const std::string& topic) {
        wire::OffsetFetchRequest request;
        auto& asked = request.groups.emplace_back();
        asked.group_id = group;
        auto& row = asked.topics.emplace().emplace_back();
        row.name = topic;
        row.partition_indexes = {0};
        const auto response = broker.ask<wire::OffsetFetchResponse>(request, 9);
        EXPECT_EQ(response.groups.at(0).error_code, 0);
        return response.groups.at(0).topics.at(0).partitions.at(0).committed_offset;
    }

    std::unique_ptr<CoordinatorShard> coordinator;
    TestBroker broker;
};

TEST(Coordinator, IsFoundWhereTheGroupLivesAndMakesTheOffsetsTopic) {
    sim::Disk disk;
    GroupBroker broker{disk};
    const auto found = broker.find("group");

    EXPECT_EQ(found.error_code, 0);
    EXPECT_EQ(found.node_id, 1);
    EXPECT_EQ(found.host, "localhost");
    EXPECT_EQ(found.port, 9092);
    EXPECT_NE(broker.broker.shard->image->find_topic("__consumer_offsets"), nullptr);
}

TEST(Coordinator, RefusesTransactionsAndKindsThatItLacks) {
    sim::Disk disk;
    GroupBroker broker{disk};

    EXPECT_EQ(Errc{broker.find("txn", 1).error_code}, Errc::kTransactionalIdAuthorizationFailed);
    EXPECT_EQ(Errc{broker.find("share", 2).error_code}, Errc::kInvalidRequest);
}

TEST(Coordinator, IsNotAvailableBeforeTheOffsetsTopicExists) {
    sim::Disk disk;
    GroupBroker broker{disk};
    wire::HeartbeatRequest request;
    request.group_id = "group";

    EXPECT_EQ(Errc{broker.broker.ask<wire::HeartbeatResponse>(request, 4).error_code}, Errc::kCoordinatorNotAvailable);
}

TEST(Coordinator, TakesAMemberThroughItsLife) {
    sim::Disk disk;
    GroupBroker broker{disk};
    broker.find("group");
    const auto member = broker.join("group");
    wire::HeartbeatRequest heartbeat;
    heartbeat.group_id = "group";
    heartbeat.generation_id = 1;
    heartbeat.member_id = member;
    EXPECT_EQ(broker.broker.ask<wire::HeartbeatResponse>(heartbeat, 4).error_code, 0);

    wire::LeaveGroupRequest leave;
    leave.group_id = "group";
    leave.members.emplace_back().member_id = member;
    EXPECT_EQ(broker.broker.ask<wire::LeaveGroupResponse>(leave, 5).error_code, 0);

    EXPECT_EQ(Errc{broker.broker.ask<wire::HeartbeatResponse>(heartbeat, 4).error_code}, Errc::kUnknownMemberId);
}

TEST(Coordinator, ForgetsAMemberThatFallsSilent) {
    sim::Disk disk;
    GroupBroker broker{disk};
    broker.find("group");
    wire::HeartbeatRequest heartbeat;
    heartbeat.group_id = "group";
    heartbeat.generation_id = 1;
    heartbeat.member_id = broker.join("group");

    broker.broker.loop.advance(std::chrono::seconds{11});

    EXPECT_EQ(Errc{broker.broker.ask<wire::HeartbeatResponse>(heartbeat, 4).error_code}, Errc::kUnknownMemberId);
}

TEST(Coordinator, KeepsCommittedOffsetsOverARestart) {
    sim::Disk disk;
    {
        GroupBroker broker{disk};
        broker.broker.create_topic("orders");
        broker.find("group");
        EXPECT_EQ(broker.committed("group", "orders"), -1);
        EXPECT_EQ(broker.commit("group", "orders", 42), Errc::kNone);
        EXPECT_EQ(broker.committed("group", "orders"), 42);
    }
    GroupBroker broker{disk};
    broker.broker.loop.run_until_idle();

    EXPECT_EQ(broker.committed("group", "orders"), 42);
}

TEST(Coordinator, RefusesOffsetsOfTopicsThatDoNotExist) {
    sim::Disk disk;
    GroupBroker broker{disk};
    broker.find("group");

    EXPECT_EQ(broker.commit("group", "nowhere", 1), Errc::kUnknownTopicOrPartition);
}

TEST(Coordinator, AnswersAJoinThatWaitsWhenItStops) {
    sim::Disk disk;
    GroupBroker broker{disk};
    broker.find("group");
    broker.join("group");
    wire::JoinGroupRequest request;
    request.group_id = "group";
    request.session_timeout_ms = 10'000;
    request.rebalance_timeout_ms = 60'000;
    request.protocol_type = "consumer";
    request.protocols.emplace_back().name = "range";
    request.member_id = broker.broker.ask<wire::JoinGroupResponse>(request, 9).member_id;
    const auto waiting = broker.broker.start(broker.broker.frame_of(request, 9));
    ASSERT_FALSE(waiting->has_value());

    sim::run(broker.broker.loop, broker.coordinator->stop());

    ASSERT_TRUE(waiting->has_value());
    EXPECT_EQ(Errc{broker.broker.decode<wire::JoinGroupResponse>(***waiting, 9).error_code}, Errc::kNotCoordinator);
}

TEST(GroupAdmin, ListsDescribesAndDeletesGroups) {
    sim::Disk disk;
    GroupBroker broker{disk};
    broker.broker.create_topic("orders");
    broker.find("group");
    ASSERT_EQ(broker.commit("group", "orders", 1), Errc::kNone);

    const auto listed = broker.broker.ask<wire::ListGroupsResponse>(wire::ListGroupsRequest{}, 4);
    ASSERT_EQ(listed.groups.size(), 1u);
    EXPECT_EQ(listed.groups[0].group_id, "group");
    wire::DescribeGroupsRequest describe;
    describe.groups = {"group"};
    EXPECT_EQ(broker.broker.ask<wire::DescribeGroupsResponse>(describe, 5).groups.at(0).group_state, "Empty");
    wire::DeleteGroupsRequest remove;
    remove.groups_names = {"group", "nobody"};
    const auto removed = broker.broker.ask<wire::DeleteGroupsResponse>(remove, 2);

    EXPECT_EQ(Errc{removed.results.at(0).error_code}, Errc::kNone);
    EXPECT_EQ(Errc{removed.results.at(1).error_code}, Errc::kGroupIdNotFound);
    EXPECT_EQ(broker.committed("group", "orders"), -1);
}

TEST(OffsetDelete, RemovesOffsetsForGood) {
    sim::Disk disk;
    {
        GroupBroker broker{disk};
        broker.find("group");
        broker.broker.create_topic("orders");
        broker.broker.create_topic("users");
        ASSERT_EQ(broker.commit("group", "orders", 5), Errc::kNone);
        ASSERT_EQ(broker.commit("group", "users", 6), Errc::kNone);

        EXPECT_EQ(broker.delete_offset("group", "orders"), Errc::kNone);
        EXPECT_EQ(broker.committed("group", "orders"), -1);
    }
    GroupBroker broker{disk};
    EXPECT_EQ(broker.committed("group", "orders"), -1);
    EXPECT_EQ(broker.committed("group", "users"), 6);
}

TEST(OffsetDelete, RefusesWhatIsNotThereOrInUse) {
    sim::Disk disk;
    GroupBroker broker{disk};
    broker.find("group");
    broker.broker.create_topic("orders");
    ASSERT_EQ(broker.commit("group", "orders", 5), Errc::kNone);

    EXPECT_EQ(broker.delete_offset("none", "orders"), Errc::kGroupIdNotFound);
    EXPECT_EQ(broker.delete_offset("group", "orders", 1), Errc::kUnknownTopicOrPartition);
    EXPECT_EQ(broker.delete_offset("group", "gone"), Errc::kUnknownTopicOrPartition);
    broker.join("readers");
    EXPECT_EQ(broker.delete_offset("readers", "orders"), Errc::kGroupSubscribedToTopic);
    EXPECT_EQ(broker.committed("group", "orders"), 5);
}

TEST(Coordinator, FollowsTheBrokersSettings) {
    sim::Disk disk;
    GroupBroker broker{disk};
    broker.find("group");
    wire::JoinGroupRequest request;
    request.group_id = "group";
    request.session_timeout_ms = 10'000;
    request.protocol_type = "consumer";
    request.protocols.emplace_back().name = "range";
    ASSERT_EQ(Errc{broker.broker.ask<wire::JoinGroupResponse>(request, 9).error_code}, Errc::kMemberIdRequired);

    broker.coordinator->reconfigure(settings::Values{{{"group.max.session.timeout.ms", "9000"}}});

    EXPECT_EQ(Errc{broker.broker.ask<wire::JoinGroupResponse>(request, 9).error_code}, Errc::kInvalidSessionTimeout);
}

}  // namespace
}  // namespace moldau::coordinator
