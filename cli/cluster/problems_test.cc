// What counts as wrong with partitions and data directories.

#include "cli/cluster/problems.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace moldau::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

struct Place {
    std::int32_t leader;
    std::vector<std::int32_t> replicas;
    std::vector<std::int32_t> in_sync;
};

wire::MetadataResponse topic_with(const std::vector<Place>& places) {
    wire::MetadataResponse metadata;
    auto& topic = metadata.topics.emplace_back();
    topic.name = "orders";
    for (const auto& place : places) {
        auto& partition = topic.partitions.emplace_back();
        partition.partition_index = static_cast<std::int32_t>(topic.partitions.size()) - 1;
        partition.leader_id = place.leader;
        partition.replica_nodes = place.replicas;
        partition.isr_nodes = place.in_sync;
    }
    return metadata;
}

auto problem(const char* kind, const char* text) {
    return AllOf(Field(&Problem::kind, kind), Field(&Problem::text, HasSubstr(text)));
}

TEST(PartitionProblems, AreNoneWhenAllReplicasAreInSync) {
    EXPECT_THAT(partition_problems(topic_with({{1, {1, 2}, {2, 1}}}), {{"orders", 2}}), IsEmpty());
}

TEST(PartitionProblems, NameEachPartitionByItsWorst) {
    const auto metadata = topic_with({{-1, {1}, {}}, {1, {1, 2, 3}, {1}}, {1, {1, 2, 3}, {1, 2}}, {1, {1}, {1}}});
    EXPECT_THAT(partition_problems(metadata, {{"orders", 2}}),
                ElementsAre(problem("partition-offline", "orders-0 has no leader"),
                            problem("partition-under-min-isr", "orders-1 has 1 of 3 replicas in sync"),
                            problem("partition-under-replicated", "orders-2 has 2 of 3 replicas in sync"),
                            problem("partition-under-min-isr", "orders-3 has 1 of 1")));
}

TEST(PartitionProblems, TakeOneInSyncReplicaAsEnoughByDefault) {
    EXPECT_THAT(partition_problems(topic_with({{1, {1}, {1}}}), {}), IsEmpty());
}

wire::DescribeLogDirsResponse dir_with(std::int16_t error, std::int64_t total, std::int64_t usable) {
    wire::DescribeLogDirsResponse answer;
    auto& dir = answer.results.emplace_back();
    dir.log_dir = "/data";
    dir.error_code = error;
    dir.total_bytes = total;
    dir.usable_bytes = usable;
    return answer;
}

TEST(LogDirProblems, AreFailedAndFullDirectories) {
    EXPECT_THAT(log_dir_problems(3, dir_with(56, -1, -1), 5),
                ElementsAre(problem("log-dir-failed", "directory /data of broker 3 has failed")));
    EXPECT_THAT(log_dir_problems(3, dir_with(0, 1000, 49), 5),
                ElementsAre(problem("log-dir-full", "has only 4.9 % of its disk free")));
    EXPECT_THAT(log_dir_problems(3, dir_with(0, 1000, 50), 5), IsEmpty());
}

TEST(LogDirProblems, SayNothingOfASizeThatIsNotKnown) {
    EXPECT_THAT(log_dir_problems(3, dir_with(0, -1, -1), 5), IsEmpty());
}

}  // namespace
}  // namespace moldau::cli
