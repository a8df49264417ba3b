// Requests through the dispatcher as a connection gives them: produced records come back, and what is wrong is answered as
// Kafka does.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "handlers/broker_testing.h"
#include "wire/api_versions.h"
#include "wire/delete_topics.h"
#include "wire/fetch.h"
#include "wire/list_offsets.h"
#include "wire/metadata.h"
#include "wire/produce.h"

namespace moldau::handlers {
namespace {

using testing::batch_of;
using testing::TestBroker;
using testing::values_of;
using Values = std::vector<std::string>;

constexpr std::int16_t kProduceVersion = 12;  // the newest with names
constexpr std::int16_t kFetchVersion = 16;

wire::ProduceRequest produce_request(const std::string& topic, const bytes::View& records, std::int16_t acks = -1) {
    wire::ProduceRequest request;
    request.acks = acks;
    request.timeout_ms = 5'000;
    auto& data = request.topic_data.emplace_back();
    data.name = topic;
    auto& partition = data.partition_data.emplace_back();
    partition.records = bytes::ChunkList{records};
    return request;
}

wire::ProduceResponse::PartitionProduceResponse produce(TestBroker& broker, const wire::ProduceRequest& request) {
    const auto response = broker.ask<wire::ProduceResponse>(request, kProduceVersion);
    return response.responses.at(0).partition_responses.at(0);
}

struct FetchSpec {
    std::int64_t from = 0;
    std::int32_t wait_ms = 0;
    std::int32_t bytes_min = 1;
    std::int32_t bytes_max = 1 << 20;
    std::int32_t partition_bytes_max = 1 << 20;
    std::int32_t partition = 0;
    std::int32_t epoch = -1;
};

wire::FetchRequest fetch_request(TopicId topic, const FetchSpec& spec) {
    wire::FetchRequest request;
    request.max_wait_ms = spec.wait_ms;
    request.min_bytes = spec.bytes_min;
    request.max_bytes = spec.bytes_max;
    auto& wanted = request.topics.emplace_back();
    wanted.topic_id = topic.value;
    auto& partition = wanted.partitions.emplace_back();
    partition.partition = spec.partition;
    partition.current_leader_epoch = spec.epoch;
    partition.fetch_offset = spec.from;
    partition.partition_max_bytes = spec.partition_bytes_max;
    return request;
}

wire::FetchResponse::PartitionData only_partition(const wire::FetchResponse& response) {
    return response.responses.at(0).partitions.at(0);
}
wire::FetchResponse::PartitionData fetch(TestBroker& broker, TopicId topic, const FetchSpec& spec = {}) {
    return only_partition(broker.ask<wire::FetchResponse>(fetch_request(topic, spec), kFetchVersion));
}
Values fetched(TestBroker& broker, TopicId topic, const FetchSpec& spec = {}) {
    const auto partition = fetch(broker, topic, spec);
    EXPECT_EQ(partition.error_code, 0);
    return partition.records ? values_of(*partition.records) : Values{};
}

TEST(RoundTrip, GivesBackWhatWasProduced) {
    sim::Disk disk;
    TestBroker broker{disk};
    const auto topic = broker.create_topic("orders");

    const auto first = produce(broker, produce_request("orders", batch_of({"a", "b"})));
    const auto second = produce(broker, produce_request("orders", batch_of({"c"})));

    EXPECT_EQ(first.error_code, 0);
    EXPECT_EQ(first.base_offset, 0);
    EXPECT_EQ(second.base_offset, 2);
    EXPECT_EQ(fetched(broker, topic), (Values{"a", "b", "c"}));
    EXPECT_EQ(fetched(broker, topic, {.from = 2}), (Values{"c"}));
    EXPECT_EQ(fetch(broker, topic, {.from = 3}).high_watermark, 3);
}

TEST(RoundTrip, GivesBackFromDiskAfterARestart) {
    sim::Disk disk;
    TopicId topic;
    {
        TestBroker broker{disk};
        topic = broker.create_topic("orders");
        ASSERT_EQ(produce(broker, produce_request("orders", batch_of({"a", "b"}))).error_code, 0);
    }
    TestBroker broker{disk};

    EXPECT_EQ(fetched(broker, topic), (Values{"a", "b"}));
    EXPECT_EQ(produce(broker, produce_request("orders", batch_of({"c"}))).base_offset, 2);
}

TEST(RoundTrip, AnswersNothingToAProduceWithoutAcknowledgement) {
    sim::Disk disk;
    TestBroker broker{disk};
    const auto topic = broker.create_topic("orders");

    const auto answer = broker.send(broker.frame_of(produce_request("orders", batch_of({"a"}), 0), kProduceVersion));

    ASSERT_TRUE(answer);
    EXPECT_FALSE(answer->frame.has_value());
    broker.loop.advance(std::chrono::seconds{1});
    EXPECT_EQ(fetched(broker, topic), Values{"a"});
}

TEST(RoundTrip, EndsTheConnectionWhenAProduceWithoutAcknowledgementFails) {
    sim::Disk disk;
    TestBroker broker{disk};

    EXPECT_FALSE(broker.send(broker.frame_of(produce_request("nowhere", batch_of({"a"}), 0), kProduceVersion)));
}

TEST(RoundTrip, RefusesProducesThatKafkaRefuses) {
    sim::Disk disk;
    TestBroker broker{disk};
    broker.create_topic("orders");
    const auto code_of = [&](const wire::ProduceRequest& request) { return Errc{produce(broker, request).error_code}; };

    EXPECT_EQ(code_of(produce_request("nowhere", batch_of({"a"}))), Errc::kUnknownTopicOrPartition);
    EXPECT_EQ(code_of(produce_request("orders", batch_of({"a"}), 2)), Errc::kInvalidRequiredAcks);
    auto request = produce_request("orders", batch_of({"a"}));
    request.topic_data[0].partition_data[0].index = 1;
    EXPECT_EQ(code_of(request), Errc::kUnknownTopicOrPartition);
    request = produce_request("orders", batch_of({"a"}));
    request.transactional_id = "mine";
    EXPECT_EQ(code_of(request), Errc::kTransactionalIdAuthorizationFailed);

    auto damaged = batch_of({"a"});
    std::string bytes{damaged.text()};
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    EXPECT_EQ(code_of(produce_request("orders", bytes::View::copy_of(bytes))), Errc::kCorruptMessage);
}

TEST(RoundTrip, RefusesABatchLargerThanTheTopicTakes) {
    sim::Disk disk;
    TestBroker broker{disk};
    broker.create_topic("orders", 1, {{"max.message.bytes", "1000"}});

    const auto answer = produce(broker, produce_request("orders", batch_of({std::string(2'000, 'x')})));

    EXPECT_EQ(Errc{answer.error_code}, Errc::kMessageTooLarge);
    EXPECT_EQ(answer.base_offset, -1);
}

TEST(RoundTrip, AnswersADuplicateOfAnIdempotentProducerWithItsFirstOffset) {
    sim::Disk disk;
    TestBroker broker{disk};
    const auto topic = broker.create_topic("orders");
    const auto batch = [](std::int32_t sequence) {
        return batch_of({"x"},
                        {.producer_id = ProducerId{5}, .producer_epoch = ProducerEpoch{0}, .base_sequence = sequence});
    };
    ASSERT_EQ(produce(broker, produce_request("orders", batch(0))).base_offset, 0);
    ASSERT_EQ(produce(broker, produce_request("orders", batch(1))).base_offset, 1);

    EXPECT_EQ(produce(broker, produce_request("orders", batch(0))).base_offset, 0);
    EXPECT_EQ(Errc{produce(broker, produce_request("orders", batch(7))).error_code}, Errc::kOutOfOrderSequenceNumber);
    EXPECT_EQ(fetched(broker, topic).size(), 2u);
}

TEST(RoundTrip, KeepsTheOrderOfPipelinedProduces) {
    sim::Disk disk;
    TestBroker broker{disk};
    const auto topic = broker.create_topic("orders");
    std::vector<std::shared_ptr<std::optional<Result<server::Answer>>>> answers;
    std::vector<bytes::View> frames;
    for (int number = 0; number < 10; ++number) {
        frames.push_back(broker.frame_of(produce_request("orders", batch_of({std::to_string(number)})), kProduceVersion));
    }
    for (auto& frame : frames) answers.push_back(broker.start(std::move(frame)));
    broker.loop.advance(std::chrono::seconds{1});

    EXPECT_EQ(fetched(broker, topic), (Values{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}));
    for (const auto& answer : answers) EXPECT_TRUE(answer->has_value());
}

TEST(Fetch, WaitsForRecordsAndComesWithThem) {
    sim::Disk disk;
    TestBroker broker{disk};
    const auto topic = broker.create_topic("orders");
    const auto waiting = broker.start(broker.frame_of(fetch_request(topic, {.wait_ms = 10'000}), kFetchVersion));
    ASSERT_FALSE(waiting->has_value());
    const auto before = broker.loop.now().mono;

    ASSERT_EQ(produce(broker, produce_request("orders", batch_of({"a"}))).error_code, 0);
    broker.loop.run_until_idle();

    ASSERT_TRUE(waiting->has_value());
    EXPECT_LT(broker.loop.now().mono - before, std::chrono::seconds{1});
    const auto response = broker.decode<wire::FetchResponse>(***waiting, kFetchVersion);
    EXPECT_EQ(values_of(*only_partition(response).records), Values{"a"});
}

TEST(Fetch, AnswersEmptyWhenNothingComesInTime) {
    sim::Disk disk;
    TestBroker broker{disk};
    const auto topic = broker.create_topic("orders");
    const auto waiting = broker.start(broker.frame_of(fetch_request(topic, {.wait_ms = 500}), kFetchVersion));
    broker.loop.advance(std::chrono::milliseconds{499});
    EXPECT_FALSE(waiting->has_value());

    broker.loop.advance(std::chrono::milliseconds{1});

    EXPECT_TRUE(waiting->has_value());
}

TEST(Fetch, GathersUntilTheLeastNumberOfBytesIsThere) {
    sim::Disk disk;
    TestBroker broker{disk};
    const auto topic = broker.create_topic("orders");
    const std::string value(400, 'x');
    ASSERT_EQ(produce(broker, produce_request("orders", batch_of({value}))).error_code, 0);
    const auto waiting =
        broker.start(broker.frame_of(fetch_request(topic, {.wait_ms = 60'000, .bytes_min = 1'000}), kFetchVersion));
    ASSERT_FALSE(waiting->has_value());

    ASSERT_EQ(produce(broker, produce_request("orders", batch_of({value}))).error_code, 0);
    EXPECT_FALSE(waiting->has_value());
    ASSERT_EQ(produce(broker, produce_request("orders", batch_of({value}))).error_code, 0);
    broker.loop.run_until_idle();

    ASSERT_TRUE(waiting->has_value());
    const auto response = broker.decode<wire::FetchResponse>(***waiting, kFetchVersion);
    EXPECT_EQ(values_of(*only_partition(response).records).size(), 3u);
}

TEST(Fetch, AnswersAtOnceWhenTheConnectionDrains) {
    sim::Disk disk;
    TestBroker broker{disk};
    const auto topic = broker.create_topic("orders");
    const auto waiting = broker.start(broker.frame_of(fetch_request(topic, {.wait_ms = 60'000}), kFetchVersion));

    broker.aborted.fire();
    broker.loop.run_until_idle();

    EXPECT_TRUE(waiting->has_value());
}

TEST(Fetch, AnswersAWaiterOfATopicThatIsDeleted) {
    sim::Disk disk;
    TestBroker broker{disk};
    const auto topic = broker.create_topic("orders");
    const auto waiting = broker.start(broker.frame_of(fetch_request(topic, {.wait_ms = 60'000}), kFetchVersion));
    wire::DeleteTopicsRequest request;
    request.topics.emplace_back().name = "orders";

    EXPECT_EQ(broker.ask<wire::DeleteTopicsResponse>(request, 6).responses.at(0).error_code, 0);
    broker.loop.run_until_idle();

    ASSERT_TRUE(waiting->has_value());
    EXPECT_NE(only_partition(broker.decode<wire::FetchResponse>(***waiting, kFetchVersion)).error_code, 0);
}

TEST(Fetch, GivesAtLeastOneBatchHoweverSmallTheLimits) {
    sim::Disk disk;
    TestBroker broker{disk};
    const auto topic = broker.create_topic("orders");
    ASSERT_EQ(produce(broker, produce_request("orders", batch_of({std::string(5'000, 'x')}))).error_code, 0);
    ASSERT_EQ(produce(broker, produce_request("orders", batch_of({"y"}))).error_code, 0);

    EXPECT_EQ(fetched(broker, topic, {.bytes_max = 10}).size(), 1u);
    EXPECT_EQ(fetched(broker, topic, {.partition_bytes_max = 10}).size(), 1u);
}

TEST(Fetch, RefusesOffsetsEpochsAndTopicsThatAreNotThere) {
    sim::Disk disk;
    TestBroker broker{disk};
    const auto topic = broker.create_topic("orders");
    const auto code_of = [&](TopicId id, const FetchSpec& spec) { return Errc{fetch(broker, id, spec).error_code}; };

    EXPECT_EQ(code_of(topic, {.from = 1}), Errc::kOffsetOutOfRange);
    EXPECT_EQ(code_of(topic, {.from = -1}), Errc::kOffsetOutOfRange);
    EXPECT_EQ(code_of(topic, {.partition = 1}), Errc::kUnknownTopicOrPartition);
    EXPECT_EQ(code_of(topic, {.epoch = 1'000}), Errc::kUnknownLeaderEpoch);
    EXPECT_EQ(code_of(TopicId{metadata::test_uuid(99)}, {}), Errc::kUnknownTopicId);
}

TEST(Dispatcher, AnswersAnUnknownVersionOfApiVersionsInVersionZero) {
    sim::Disk disk;
    TestBroker broker{disk};
    // api key 18, version 999, correlation id 7, no client id
    const std::string frame{"\x00\x12\x03\xe7\x00\x00\x00\x07\xff\xff", 10};

    const auto answer = broker.send(bytes::View::copy_of(frame));

    ASSERT_TRUE(answer);
    const auto response = broker.decode<wire::ApiVersionsResponse>(*answer, 0);
    EXPECT_EQ(Errc{response.error_code}, Errc::kUnsupportedVersion);
    ASSERT_EQ(response.api_keys.size(), 1u);
    EXPECT_EQ(response.api_keys[0].api_key, 18);
    EXPECT_EQ(response.api_keys[0].min_version, 0);
}

TEST(Dispatcher, AdvertisesOnlyWhatItServesAndProduceFromVersionZero) {
    sim::Disk disk;
    TestBroker broker{disk};
    wire::ApiVersionsRequest request;
    request.client_software_name = "tester";
    request.client_software_version = "1.0";

    const auto response = broker.ask<wire::ApiVersionsResponse>(request, 3);

    EXPECT_EQ(response.error_code, 0);
    EXPECT_EQ(response.api_keys.size(), broker_handlers().size());
    for (const auto& row : response.api_keys) {
        ASSERT_NE(broker.table.find(row.api_key), nullptr);
        EXPECT_LE(row.min_version, row.max_version);
        if (row.api_key == 0) EXPECT_EQ(row.min_version, 0);
    }
}

TEST(Dispatcher, RefusesClientSoftwareWithoutAName) {
    sim::Disk disk;
    TestBroker broker{disk};

    EXPECT_EQ(Errc{broker.ask<wire::ApiVersionsResponse>(wire::ApiVersionsRequest{}, 3).error_code}, Errc::kInvalidRequest);
    EXPECT_EQ(broker.ask<wire::ApiVersionsResponse>(wire::ApiVersionsRequest{}, 2).error_code, 0);
}

TEST(Dispatcher, EndsTheConnectionOverWhatItCannotRead) {
    sim::Disk disk;
    TestBroker broker{disk};
    const auto refused = [&](std::string frame) { return !broker.send(bytes::View::copy_of(frame)).has_value(); };

    EXPECT_TRUE(refused(""));
    EXPECT_TRUE(refused(std::string("\x00", 1)));
    EXPECT_TRUE(refused(std::string("\x7f\x00\x00\x00\x00\x00\x00\x07\xff\xff", 10)));  // no such API
    EXPECT_TRUE(refused(std::string("\x00\x00\x00\x00\x00\x00\x00\x07\xff\xff", 10)));  // Produce 0: advertised, not served
    EXPECT_TRUE(refused(std::string("\x00\x01\x00\x0c\x00\x00\x00\x07\xff\xff\x00", 11)));  // Fetch without a body
    EXPECT_EQ(broker.shard->counters.requests_unsupported, 1u);
}

TEST(Metadata, MakesTopicsThatAreAskedForOnlyWhenAllowed) {
    sim::Disk disk;
    TestBroker broker{disk};
    wire::MetadataRequest request;
    request.topics.emplace().emplace_back().name = "fresh";
    request.allow_auto_topic_creation = false;
    const auto code = [&] { return Errc{broker.ask<wire::MetadataResponse>(request, 12).topics.at(0).error_code}; };

    EXPECT_EQ(code(), Errc::kUnknownTopicOrPartition);
    request.allow_auto_topic_creation = true;
    EXPECT_EQ(code(), Errc::kNone);
    EXPECT_EQ(produce(broker, produce_request("fresh", batch_of({"a"}))).error_code, 0);
    request.topics->at(0).name = "no good name";
    EXPECT_EQ(code(), Errc::kInvalidTopicException);
}

TEST(ListOffsets, KnowsTheEndsOfALog) {
    sim::Disk disk;
    TestBroker broker{disk};
    broker.create_topic("orders");
    ASSERT_EQ(produce(broker, produce_request("orders", batch_of({"a", "b"}))).error_code, 0);
    const auto offset_at = [&](std::int64_t timestamp) {
        wire::ListOffsetsRequest request;
        request.replica_id = -1;
        auto& topic = request.topics.emplace_back();
        topic.name = "orders";
        auto& partition = topic.partitions.emplace_back();
        partition.current_leader_epoch = -1;
        partition.timestamp = timestamp;
        return broker.ask<wire::ListOffsetsResponse>(request, 8).topics.at(0).partitions.at(0).offset;
    };

    EXPECT_EQ(offset_at(-1), 2);
    EXPECT_EQ(offset_at(-2), 0);
    EXPECT_EQ(offset_at(-3), 0);
    EXPECT_EQ(offset_at(1'767'225'600'000), 0);
    EXPECT_EQ(offset_at(1'767'225'600'001), -1);
}

}  // namespace
}  // namespace moldau::handlers
