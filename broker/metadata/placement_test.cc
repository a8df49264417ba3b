// Where replicas go.

#include "metadata/placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "metadata/test_images.h"

namespace moldau::metadata {
namespace {

using ::testing::ElementsAre;

TEST(Placement, SpreadsLeadersOverAllBrokers) {
    const auto image = image_with_brokers(3);

    const auto placed = Placement{*image}.place({0, 6, 2}).value();

    std::map<std::int32_t, int> leaders;
    for (const auto& partition : placed) {
        ++leaders[partition.replicas.front().value];
        EXPECT_NE(partition.replicas[0], partition.replicas[1]);
    }
    EXPECT_EQ(leaders, (std::map<std::int32_t, int>{{1, 2}, {2, 2}, {3, 2}}));
}

TEST(Placement, SpreadsTheFollowersOfOneLeader) {
    const auto image = image_with_brokers(4);

    const auto placed = Placement{*image}.place({0, 12, 2}).value();

    std::set<std::int32_t> followers;
    for (const auto& partition : placed) {
        if (partition.replicas[0] == BrokerId{1}) followers.insert(partition.replicas[1].value);
    }
    EXPECT_THAT(followers, ElementsAre(2, 3, 4));
}

TEST(Placement, ReplicasStandInDifferentRacks) {
    const auto image = replayed(
        empty_image(), {broker_record(1, "a"), broker_record(2, "a"), broker_record(3, "b"), broker_record(4, "b")});

    for (const auto& partition : Placement{*image}.place({0, 4, 2}).value()) {
        const bool first_in_a = partition.replicas[0] < BrokerId{3};
        const bool second_in_a = partition.replicas[1] < BrokerId{3};
        EXPECT_NE(first_in_a, second_in_a);
    }
}

TEST(Placement, PassesOverFencedBrokers) {
    auto fenced = broker_record(2);
    fenced.fenced = true;
    const auto image = replayed(image_with_brokers(1), {fenced});

    EXPECT_EQ(Placement{*image}.place({0, 1, 2}).error().code, Errc::kInvalidReplicationFactor);
    EXPECT_THAT(Placement{*image}.place({0, 1, 1})->front().replicas, ElementsAre(BrokerId{1}));
}

TEST(Placement, ChoosesTheDirectoryWithTheFewestReplicas) {
    auto broker = broker_record(1);
    broker.directories = {test_uuid(1), test_uuid(2), test_uuid(3)};
    TopicRecord topic;
    topic.name = "a";
    topic.topic_id = test_uuid(50);
    PartitionRecord partition;
    partition.topic_id = test_uuid(50);
    partition.replicas = {1};
    partition.directories = {test_uuid(1)};
    const auto image = replayed(empty_image(), {broker, topic, partition});

    const auto placed = Placement{*image}.place({0, 5, 1}).value();

    std::map<Uuid, int> counts;
    for (const auto& one : placed) ++counts[one.directories.front()];
    EXPECT_EQ(counts, (std::map<Uuid, int>{{test_uuid(1), 1}, {test_uuid(2), 2}, {test_uuid(3), 2}}));
}

TEST(Placement, ABrokerWithoutDirectoriesGetsNone) {
    auto broker = broker_record(1);
    broker.directories.clear();

    EXPECT_TRUE(Placement{*replayed(empty_image(), {broker})}.place({0, 1, 1})->front().directories.front().is_zero());
}

TEST(Placement, WithoutBrokersThereIsNoPlace) {
    EXPECT_EQ(Placement{*empty_image()}.place({0, 1, 1}).error().code, Errc::kInvalidReplicationFactor);
}

TEST(Placement, RefusesAnAssignmentToFencedBrokersOnly) {
    auto fenced = broker_record(1);
    fenced.fenced = true;

    EXPECT_EQ(Placement{*replayed(empty_image(), {fenced})}.assign({1}).error().code, Errc::kInvalidReplicaAssignment);
}

}  // namespace
}  // namespace moldau::metadata
