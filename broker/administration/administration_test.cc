// Deleting records and describing what is there, through the dispatcher over a simulated disk.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "administration/administration_testing.h"
#include "wire/delete_records.h"
#include "wire/describe_log_dirs.h"
#include "wire/describe_producers.h"
#include "wire/describe_topic_partitions.h"
#include "wire/list_config_resources.h"

namespace moldau::administration {
namespace {

using testing::AdministrationBroker;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kBrokerKind;
using testing::kTopicKind;
using ::testing::Pair;

wire::DeleteRecordsResponse::DeleteRecordsPartitionResult delete_records(AdministrationBroker& broker,
                                                                         const std::string& topic, std::int64_t offset,
                                                                         std::int32_t partition = 0) {
    wire::DeleteRecordsRequest request;
    request.timeout_ms = 30'000;
    auto& asked = request.topics.emplace_back();
    asked.name = topic;
    auto& row = asked.partitions.emplace_back();
    row.partition_index = partition;
    row.offset = offset;
    return broker.ask<wire::DeleteRecordsResponse>(request, 2).topics.at(0).partitions.at(0);
}
Errc refusal(AdministrationBroker& broker, const std::string& topic, std::int64_t offset, std::int32_t partition = 0) {
    const auto answer = delete_records(broker, topic, offset, partition);
    EXPECT_EQ(answer.low_watermark, -1);
    return Errc{answer.error_code};
}

TEST(DeleteRecords, MovesTheStartAndRecordsItOnTheDisk) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    const auto topic = broker.create_topic("orders");
    for (const auto* value : {"a", "b", "c"}) ASSERT_EQ(broker.produce("orders", {value}), Errc::kNone);

    const auto answer = delete_records(broker, "orders", 2);

    EXPECT_EQ(answer.error_code, 0);
    EXPECT_EQ(answer.low_watermark, 2);
    EXPECT_EQ(broker.local(topic).partition->bounds().log_start_offset, Offset{2});
    EXPECT_EQ(disk.content("/data/log-start-offset-checkpoint.0"), "0\n1\norders 0 2\n");
    EXPECT_EQ(delete_records(broker, "orders", 1).low_watermark, 2);
    EXPECT_EQ(delete_records(broker, "orders", -1).low_watermark, 3);
}

TEST(DeleteRecords, RefusesWhatKafkaRefuses) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    broker.create_topic("orders");
    broker.create_topic("compacted", 1, {{"cleanup.policy", "compact"}});
    broker.create_topic("both", 1, {{"cleanup.policy", "compact,delete"}});
    broker.create_topic("__consumer_offsets");

    EXPECT_EQ(refusal(broker, "orders", 1), Errc::kOffsetOutOfRange);
    EXPECT_EQ(refusal(broker, "orders", -2), Errc::kOffsetOutOfRange);
    EXPECT_EQ(refusal(broker, "orders", 0, 1), Errc::kUnknownTopicOrPartition);
    EXPECT_EQ(refusal(broker, "none", 0), Errc::kUnknownTopicOrPartition);
    EXPECT_EQ(refusal(broker, "compacted", 0), Errc::kPolicyViolation);
    EXPECT_EQ(delete_records(broker, "both", 0).error_code, 0);
    EXPECT_EQ(refusal(broker, "__consumer_offsets", 0), Errc::kInvalidTopicException);
    broker.node.authorizer = std::make_unique<testing::DenyAll>();
    EXPECT_EQ(refusal(broker, "orders", 0), Errc::kTopicAuthorizationFailed);
}

TEST(DeleteRecords, FollowsTheBrokersCleanupPolicy) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    broker.create_topic("orders");

    ASSERT_EQ(broker.set(kBrokerKind, "", "log.cleanup.policy", "compact").code, Errc::kNone);

    EXPECT_EQ(refusal(broker, "orders", 0), Errc::kPolicyViolation);
}

TEST(DeleteRecords, PromisesNothingThatTheDiskDidNotTake) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    broker.create_topic("orders");
    ASSERT_EQ(broker.produce("orders", {"a"}), Errc::kNone);
    disk.fail_nth(sim::OpKind::kSync, 1, sim::Fault::kIo, "log-start-offset-checkpoint");

    EXPECT_EQ(refusal(broker, "orders", 1), Errc::kKafkaStorageError);
    disk.heal();
}

using Directory = wire::DescribeLogDirsResponse::DescribeLogDirsResult;

Directory only_directory(AdministrationBroker& broker, const wire::DescribeLogDirsRequest& request) {
    const auto response = broker.ask<wire::DescribeLogDirsResponse>(request, 5);
    EXPECT_EQ(response.error_code, 0);
    return response.results.at(0);
}

TEST(DescribeLogDirs, TellsWhatEachPartitionTakes) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    broker.create_topic("orders", 2);
    broker.create_topic("users");
    ASSERT_EQ(broker.produce("orders", {"a"}), Errc::kNone);
    wire::DescribeLogDirsRequest all;
    all.topics.reset();

    const auto directory = only_directory(broker, all);

    EXPECT_EQ(directory.log_dir, "/data");
    ASSERT_EQ(directory.topics.size(), 2u);
    EXPECT_EQ(directory.topics[0].name, "orders");
    ASSERT_EQ(directory.topics[0].partitions.size(), 2u);
    EXPECT_GT(directory.topics[0].partitions[0].partition_size, 60);
    EXPECT_EQ(directory.topics[0].partitions[1].partition_size, 0);
    EXPECT_EQ(directory.topics[0].partitions[0].offset_lag, 0);
    EXPECT_FALSE(directory.topics[0].partitions[0].is_future_key);
}

TEST(DescribeLogDirs, TellsOnlyWhatIsAskedFor) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    broker.create_topic("orders", 2);
    wire::DescribeLogDirsRequest request;
    auto& asked = request.topics.emplace().emplace_back();
    asked.topic = "orders";
    asked.partitions = {1, 7};

    const auto directory = only_directory(broker, request);

    ASSERT_EQ(directory.topics.size(), 1u);
    ASSERT_EQ(directory.topics[0].partitions.size(), 1u);
    EXPECT_EQ(directory.topics[0].partitions[0].partition_index, 1);
}

TEST(DescribeLogDirs, TellsRoomAndFailure) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    const auto health = std::make_shared<store::DirHealth>("/data", metadata::test_uuid(1));
    broker.node.dir_health = {health};
    health->set_space({.total_bytes = 1000, .free_bytes = 400});
    wire::DescribeLogDirsRequest all;
    all.topics.reset();

    EXPECT_EQ(only_directory(broker, all).total_bytes, 1000);
    EXPECT_EQ(only_directory(broker, all).usable_bytes, 400);
    health->fail(Error{Errc::kIo, "gone"});
    EXPECT_EQ(Errc{only_directory(broker, all).error_code}, Errc::kKafkaStorageError);
    broker.node.authorizer = std::make_unique<testing::DenyAll>();
    EXPECT_EQ(broker.ask<wire::DescribeLogDirsResponse>(all, 5).error_code, kafka_code(Errc::kClusterAuthorizationFailed));
}

wire::DescribeProducersResponse::PartitionResponse producers_of(AdministrationBroker& broker, const std::string& topic,
                                                                std::int32_t partition = 0) {
    wire::DescribeProducersRequest request;
    auto& asked = request.topics.emplace_back();
    asked.name = topic;
    asked.partition_indexes = {partition};
    return broker.ask<wire::DescribeProducersResponse>(request, 0).topics.at(0).partitions.at(0);
}

TEST(DescribeProducers, TellsWhatAPartitionRemembers) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    broker.create_topic("orders");
    ASSERT_EQ(broker.produce("orders", {"plain"}), Errc::kNone);
    EXPECT_THAT(producers_of(broker, "orders").active_producers, IsEmpty());
    wire::BatchOptions idempotent;
    idempotent.producer_id = ProducerId{7};
    idempotent.producer_epoch = ProducerEpoch{2};
    idempotent.base_sequence = 0;
    ASSERT_EQ(broker.produce("orders", {"a", "b"}, idempotent), Errc::kNone);

    const auto known = producers_of(broker, "orders").active_producers;

    ASSERT_EQ(known.size(), 1u);
    EXPECT_EQ(known[0].producer_id, 7);
    EXPECT_EQ(known[0].producer_epoch, 2);
    EXPECT_EQ(known[0].last_sequence, 1);
    EXPECT_EQ(known[0].current_txn_start_offset, -1);
}

TEST(DescribeProducers, RefusesWhatIsNotThere) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    broker.create_topic("orders");

    EXPECT_EQ(Errc{producers_of(broker, "orders", 1).error_code}, Errc::kUnknownTopicOrPartition);
    EXPECT_EQ(Errc{producers_of(broker, "none").error_code}, Errc::kUnknownTopicOrPartition);
    broker.node.authorizer = std::make_unique<testing::DenyAll>();
    EXPECT_EQ(Errc{producers_of(broker, "orders").error_code}, Errc::kTopicAuthorizationFailed);
}

std::vector<std::pair<int, std::string>> listed(AdministrationBroker& broker, std::vector<std::int8_t> kinds,
                                                std::int16_t version = 1) {
    wire::ListConfigResourcesRequest request;
    request.resource_types = std::move(kinds);
    const auto response = broker.ask<wire::ListConfigResourcesResponse>(request, version);
    if (response.error_code != 0) return {{response.error_code, "error"}};
    std::vector<std::pair<int, std::string>> names;
    for (const auto& resource : response.config_resources)
        names.emplace_back(resource.resource_type, resource.resource_name);
    return names;
}

TEST(ListConfigResources, NamesTopicsAndBrokers) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    broker.create_topic("users");
    broker.create_topic("orders");

    EXPECT_THAT(listed(broker, {}), ElementsAre(Pair(2, "orders"), Pair(2, "users"), Pair(4, "1")));
    EXPECT_THAT(listed(broker, {kBrokerKind}), ElementsAre(Pair(4, "1")));
    EXPECT_THAT(listed(broker, {8, 16, 32}), IsEmpty());
    EXPECT_THAT(listed(broker, {}, 0), IsEmpty());
    EXPECT_THAT(listed(broker, {2, 3}), ElementsAre(Pair(kafka_code(Errc::kUnsupportedVersion), "error")));
    broker.node.authorizer = std::make_unique<testing::DenyAll>();
    EXPECT_THAT(listed(broker, {}), ElementsAre(Pair(kafka_code(Errc::kClusterAuthorizationFailed), "error")));
}

wire::DescribeTopicPartitionsRequest page_of(std::vector<std::string> names, std::int32_t limit) {
    wire::DescribeTopicPartitionsRequest request;
    for (auto& name : names) request.topics.emplace_back().name = std::move(name);
    request.response_partition_limit = limit;
    return request;
}

void move_cursor(wire::DescribeTopicPartitionsRequest& request, const std::string& topic, std::int32_t partition) {
    wire::DescribeTopicPartitionsRequest::Cursor cursor;
    cursor.topic_name = topic;
    cursor.partition_index = partition;
    request.cursor = cursor;
}

// "a:0:1 b:0" and the cursor behind '>'.
std::string text_of(const wire::DescribeTopicPartitionsResponse& response) {
    std::string text;
    for (const auto& topic : response.topics) {
        text += (text.empty() ? "" : " ") + topic.name.value_or("null");
        if (topic.error_code != 0) text += '!' + std::to_string(topic.error_code);
        for (const auto& partition : topic.partitions) text += ':' + std::to_string(partition.partition_index);
    }
    const auto& cursor = response.next_cursor;
    return cursor ? text + " >" + cursor->topic_name + ':' + std::to_string(cursor->partition_index) : text;
}

TEST(DescribeTopicPartitions, GivesAllPageByPage) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    broker.create_topic("b", 3);
    broker.create_topic("a", 2);
    broker.create_topic("c", 1);
    auto request = page_of({}, 3);
    std::vector<std::string> pages;
    while (true) {
        const auto response = broker.ask<wire::DescribeTopicPartitionsResponse>(request, 0);
        pages.push_back(text_of(response));
        if (!response.next_cursor) break;
        move_cursor(request, response.next_cursor->topic_name, response.next_cursor->partition_index);
    }
    EXPECT_THAT(pages, ElementsAre("a:0:1 b:0 >b:1", "b:1:2 c:0"));
}

TEST(DescribeTopicPartitions, EndsAPageBetweenTopics) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    broker.create_topic("a", 2);
    broker.create_topic("b", 1);

    const auto response = broker.ask<wire::DescribeTopicPartitionsResponse>(page_of({"b", "a"}, 2), 0);

    EXPECT_EQ(text_of(response), "a:0:1 >b:0");
    EXPECT_EQ(response.topics[0].topic_id, broker.shard->image->find_topic("a")->id.value);
    const auto& row = response.topics[0].partitions[1];
    EXPECT_EQ(row.leader_id, 1);
    EXPECT_THAT(row.replica_nodes, ElementsAre(1));
    EXPECT_THAT(row.isr_nodes, ElementsAre(1));
    EXPECT_THAT(row.offline_replicas, IsEmpty());
    EXPECT_EQ(text_of(broker.ask<wire::DescribeTopicPartitionsResponse>(page_of({"a", "b"}, -5), 0)), "a:0 >a:1");
}

TEST(DescribeTopicPartitions, TellsWhatIsWrongWithEachTopic) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    broker.create_topic("a");

    EXPECT_EQ(text_of(broker.ask<wire::DescribeTopicPartitionsResponse>(page_of({"none", "a", "no/slash"}, 9), 0)),
              "a:0 no/slash!17 none!3");
    auto request = page_of({"a"}, 9);
    move_cursor(request, "b", 0);
    EXPECT_EQ(text_of(broker.ask<wire::DescribeTopicPartitionsResponse>(request, 0)), "a!42");
    move_cursor(request, "a", -1);
    EXPECT_EQ(text_of(broker.ask<wire::DescribeTopicPartitionsResponse>(request, 0)), "a!42");
    broker.node.authorizer = std::make_unique<testing::DenyAll>();
    EXPECT_EQ(text_of(broker.ask<wire::DescribeTopicPartitionsResponse>(page_of({"a"}, 9), 0)), "a!29");
    EXPECT_EQ(text_of(broker.ask<wire::DescribeTopicPartitionsResponse>(page_of({}, 9), 0)), "");
}

}  // namespace
}  // namespace moldau::administration
