// OffsetFetch in its older shapes.

#include "group/offset_fetch.h"

#include <gtest/gtest.h>

#include "group/shard.h"

namespace moldau::group {
namespace {

wire::OffsetFetchRequest old_request() {
    wire::OffsetFetchRequest request;
    request.group_id = "g";
    request.topics.emplace();
    auto& topic = request.topics->emplace_back();
    topic.name = "t";
    topic.partition_indexes = {0, 3};
    return request;
}

TEST(OffsetFetch, OldRequestsNameOneGroup) {
    const auto groups = groups_of(old_request(), 7);
    ASSERT_EQ(groups.size(), 1u);
    EXPECT_EQ(groups[0].group_id, "g");
    ASSERT_TRUE(groups[0].topics.has_value());
    EXPECT_EQ((*groups[0].topics)[0].partition_indexes, (std::vector<std::int32_t>{0, 3}));
}

TEST(OffsetFetch, NoTopicsMeansAllFromVersionTwoOn) {
    auto request = old_request();
    request.topics.reset();
    EXPECT_FALSE(groups_of(request, 2)[0].topics.has_value());
}

TEST(OffsetFetch, NewRequestsHaveTheirGroups) {
    wire::OffsetFetchRequest request;
    request.groups.resize(2);
    request.groups[1].group_id = "h";
    const auto groups = groups_of(request, 8);
    ASSERT_EQ(groups.size(), 2u);
    EXPECT_EQ(groups[1].group_id, "h");
}

TEST(OffsetFetch, ErrorOfAGroupGoesWhereTheVersionHasIt) {
    const auto group = groups_of(old_request(), 1)[0];
    const auto with_partitions = to_response({fetch_error(group, Errc::kNotCoordinator, 1)}, 1);
    ASSERT_EQ(with_partitions.topics.size(), 1u);
    EXPECT_EQ(with_partitions.topics[0].partitions[1].error_code, kafka_code(Errc::kNotCoordinator));
    EXPECT_EQ(with_partitions.topics[0].partitions[1].committed_offset, -1);
    const auto at_top = to_response({fetch_error(group, Errc::kNotCoordinator, 2)}, 2);
    EXPECT_EQ(at_top.error_code, kafka_code(Errc::kNotCoordinator));
    EXPECT_TRUE(at_top.topics.empty());
    const auto in_group = to_response({fetch_error(group, Errc::kNotCoordinator, 8)}, 8);
    EXPECT_EQ(in_group.groups[0].error_code, kafka_code(Errc::kNotCoordinator));
}

TEST(OffsetFetch, AnswerOfOneGroupFillsTheOldResponse) {
    Shard shard{ShardOptions{}};
    shard.finish_load(Now{});
    const auto response = to_response({shard.fetch_offsets(groups_of(old_request(), 5)[0], FetchStability::kAny)}, 5);
    ASSERT_EQ(response.topics.size(), 1u);
    EXPECT_EQ(response.topics[0].name, "t");
    EXPECT_EQ(response.topics[0].partitions[1].partition_index, 3);
    EXPECT_EQ(response.topics[0].partitions[1].committed_offset, -1);
    EXPECT_EQ(response.topics[0].partitions[1].metadata, "");
    EXPECT_EQ(response.error_code, 0);
}

TEST(OffsetFetch, LoadingIsToldInEveryVersion) {
    const Shard shard{ShardOptions{}};
    const auto group = shard.fetch_offsets(groups_of(old_request(), 1)[0], FetchStability::kAny);
    const auto oldest = to_response({group}, 1);
    EXPECT_EQ(oldest.topics[0].partitions[0].error_code, kafka_code(Errc::kCoordinatorLoadInProgress));
    EXPECT_EQ(to_response({group}, 7).error_code, kafka_code(Errc::kCoordinatorLoadInProgress));
}

}  // namespace
}  // namespace moldau::group
