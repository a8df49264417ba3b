// Kafka's metadata records, in the order in which a cluster writes them.

#include "cli/offline/kafka_metadata.h"

#include <gmock/gmock.h>

#include "cli/offline/offline_testing.h"
#include "kafka_metadata/kafka_metadata_records.h"
#include "wire/encoder.h"

namespace moldau::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using namespace kafka_metadata;
using KafkaMetadataTest = FolderTest;

template <class Record>
bytes::View value_of(const Record& record) {
    wire::Encoder out;
    out.write_varint(1);
    out.write_varint(static_cast<std::uint32_t>(Record::kRecordType));
    out.write_varint(static_cast<std::uint32_t>(Record::kVersionMax));
    record.encode(out, Record::kVersionMax);
    return out.finish()->flatten();
}

TopicRecord topic_of(const std::string& name, Uuid id) {
    TopicRecord record;
    record.name = name;
    record.topic_id = id;
    return record;
}

ConfigRecord config_of(const std::string& topic, const std::string& name, std::optional<std::string> value) {
    ConfigRecord record;
    record.resource_type = 2;
    record.resource_name = topic;
    record.name = name;
    record.value = std::move(value);
    return record;
}

PartitionRecord partition_of(Uuid topic, std::int32_t epoch) {
    PartitionRecord record;
    record.topic_id = topic;
    record.leader_epoch = epoch;
    return record;
}

PartitionChangeRecord change_of(Uuid topic) {
    PartitionChangeRecord record;
    record.topic_id = topic;
    record.leader = 1;
    return record;
}

template <class... Records>
KafkaMetadata applied(const Records&... records) {
    KafkaMetadataReader reader;
    EXPECT_TRUE((reader.apply(value_of(records)).has_value() && ...));
    return reader.state();
}

TEST(KafkaMetadata, KeepsTopicsTheirSettingsAndTheHighestEpoch) {
    const auto state = applied(topic_of("orders", test_id(1)), partition_of(test_id(1), 4), change_of(test_id(1)),
                               config_of("orders", "retention.ms", "1"), config_of("orders", "segment.ms", "2"),
                               config_of("orders", "segment.ms", std::nullopt));
    EXPECT_EQ(state.topics.at(TopicId{test_id(1)}).name, "orders");
    EXPECT_THAT(state.topics.at(TopicId{test_id(1)}).epochs_max, UnorderedElementsAre(Pair(0, 5)));
    EXPECT_THAT(state.topic_configs.at("orders"), UnorderedElementsAre(Pair("retention.ms", "1")));
}

TEST(KafkaMetadata, ForgetsTopicsThatWereRemoved) {
    RemoveTopicRecord removed;
    removed.topic_id = test_id(1);
    const auto state = applied(topic_of("orders", test_id(1)), config_of("orders", "retention.ms", "1"), removed,
                               topic_of("orders", test_id(2)));
    EXPECT_EQ(state.topics.size(), 1u);
    EXPECT_THAT(state.topic_configs, IsEmpty());
}

TEST(KafkaMetadata, TakesBackAbortedTransactionsOfTheMetadata) {
    const auto aborted = applied(BeginTransactionRecord{}, topic_of("orders", test_id(1)), AbortTransactionRecord{});
    EXPECT_THAT(aborted.topics, IsEmpty());
    const auto ended = applied(BeginTransactionRecord{}, topic_of("orders", test_id(1)), EndTransactionRecord{});
    EXPECT_EQ(ended.topics.size(), 1u);
}

TEST(KafkaMetadata, RefusesNewerVersionsOfWhatMattersAndSkipsTheRest) {
    KafkaMetadataReader reader;
    const std::uint8_t newer_topic[] = {1, 2, 1, 0};
    const std::uint8_t unknown_type[] = {1, 99, 7, 1, 2, 3};
    EXPECT_EQ(reader.apply(bytes::View::copy_of(bytes::Span{newer_topic})).error().code, Errc::kNewerFormat);
    EXPECT_TRUE(reader.apply(bytes::View::copy_of(bytes::Span{unknown_type})));
    EXPECT_EQ(reader.apply(bytes::View::copy_of("\2")).error().code, Errc::kCorrupt);
}

std::string log_of(Offset base, const std::vector<bytes::View>& values) {
    wire::BatchOptions options;
    options.base_offset = base;
    wire::BatchBuilder builder{options};
    for (const auto& value : values) builder.append({.timestamp = 1, .value = value.span()});
    return std::string{builder.build_plain()->text()};
}

TEST_F(KafkaMetadataTest, ReadsTheNewestSnapshotAndTheLogAfterIt) {
    RemoveTopicRecord removed;
    removed.topic_id = test_id(1);
    const auto folder = path("__cluster_metadata-0");
    const auto first = value_of(topic_of("orders", test_id(1)));
    const auto second = value_of(topic_of("bills", test_id(2)));
    write_file(segment(folder, Offset{0}), log_of(Offset{0}, {first, value_of(removed)}) + log_of(Offset{2}, {second}));
    write_file(folder + "/00000000000000000001-0000000001.checkpoint", log_of(Offset{0}, {first}));
    write_file(folder + "/00000000000000000002-0000000001.checkpoint", log_of(Offset{0}, {}));
    const auto state = read_kafka_metadata(folder);
    ASSERT_TRUE(state) << state.error().context;
    EXPECT_EQ(state->topics.size(), 1u);
    EXPECT_TRUE(state->topics.contains(TopicId{test_id(2)}));
}

TEST_F(KafkaMetadataTest, SaysWhichFileIsDamagedAndWhere) {
    const auto folder = path("__cluster_metadata-0");
    EXPECT_FALSE(read_kafka_metadata(folder));
    write_file(segment(folder, Offset{5}), "");
    EXPECT_THAT(read_kafka_metadata(folder).error().context, HasSubstr("no snapshot reaches the log"));
    auto log = log_of(Offset{0}, {value_of(topic_of("orders", test_id(1)))});
    log.back() = static_cast<char>(log.back() ^ 1);
    write_file(segment(folder, Offset{0}), log);
    EXPECT_THAT(read_kafka_metadata(folder).error().context, HasSubstr("00000000000000000000.log at 0: the batch fails"));
}

}  // namespace
}  // namespace moldau::cli
