// Framing of records, and batches of them: what is newer or damaged is refused, never skipped.

#include "metadata/records.h"

#include <gtest/gtest.h>

#include "bytes/endian.h"
#include "metadata/batches.h"
#include "metadata/test_images.h"
#include "wire/batch_builder.h"

namespace moldau::metadata {
namespace {

bytes::View bytes_of(std::initializer_list<int> values) {
    std::vector<std::uint8_t> raw;
    for (const int value : values) raw.push_back(static_cast<std::uint8_t>(value));
    return bytes::View::copy_of(bytes::Span{raw});
}

std::vector<AnyRecord> one_of_each() {
    ConfigRecord config;
    config.value = std::nullopt;
    PartitionChangeRecord change;
    change.isr = std::vector<std::int32_t>{1, 2};
    return {ClusterRecord{},          FeatureLevelRecord{},
            broker_record(3, "rack"), UnregisterBrokerRecord{},
            BrokerChangeRecord{},     TopicRecord{},
            PartitionRecord{},        change,
            RemoveTopicRecord{},      config,
            ProducerIdsRecord{}};
}

std::string damaged_copy(const bytes::View& batch, std::size_t position) {
    std::string copy{batch.text()};
    copy[position] = static_cast<char>(copy[position] ^ 4);
    return copy;
}

TEST(Records, OfEveryTypeComeBackAsTheyWere) {
    const auto records = one_of_each();
    ASSERT_EQ(records.size(), std::variant_size_v<AnyRecord>);
    for (const auto& record : records) {
        EXPECT_EQ(decode_record(encode_record(record).value()).value(), record) << record_name(record);
    }
}

TEST(Records, AreFramedAsDocumented) {
    ProducerIdsRecord record;
    record.broker_id = 1;
    record.broker_epoch = 2;
    record.next_producer_id = 1000;

    EXPECT_EQ(encode_record(record).value(),
              bytes_of({1, 11, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 3, 0xe8, 0}));
}

TEST(Records, NewerOnesAreRefused) {
    EXPECT_EQ(decode_record(bytes_of({2, 11, 0})).error().code, Errc::kNewerFormat);
    EXPECT_EQ(decode_record(bytes_of({1, 0x7f, 0})).error().code, Errc::kNewerFormat);
    const auto version = decode_record(bytes_of({1, 11, 1, 0, 0, 0, 1}));
    EXPECT_EQ(version.error().code, Errc::kNewerFormat);
    EXPECT_NE(version.error().context.find("ProducerIdsRecord in version 1"), std::string::npos) << version.error().context;
}

TEST(Records, DamagedOnesAreRefusedAtEveryLength) {
    for (const auto& record : one_of_each()) {
        const auto encoded = encode_record(record).value();
        for (std::size_t length = 0; length < encoded.size(); ++length) {
            EXPECT_FALSE(decode_record(encoded.slice(0, length))) << record_name(record) << " cut to " << length;
        }
        bytes::ChunkList longer{encoded};
        longer.append(bytes_of({0}));
        EXPECT_EQ(decode_record(longer.flatten()).error().code, Errc::kCorrupt);
    }
    EXPECT_EQ(decode_record(bytes_of({0, 1, 0})).error().code, Errc::kCorrupt);
}

TEST(Batches, BringBackTheirRecords) {
    const auto records = one_of_each();
    const auto batch = data_batch(records, {Offset{40}, LeaderEpoch{3}, from_timestamp(1234)}).value();

    BatchReader reader{batch};
    const auto read = reader.next().value().value();

    EXPECT_EQ(read.records, records);
    EXPECT_EQ(read.base, Offset{40});
    EXPECT_EQ(read.end, Offset{51});
    EXPECT_EQ(read.epoch, LeaderEpoch{3});
    EXPECT_EQ(read.time, from_timestamp(1234));
    EXPECT_EQ(reader.next().value(), std::nullopt);
}

TEST(Batches, MarkTheStartOfATerm) {
    const raft::VoterId self{BrokerId{7}, test_uuid(1)};

    BatchReader reader{leader_change_batch({self, {self}, {self}}, {Offset{5}, LeaderEpoch{2}, {}})};
    const auto read = reader.next().value().value();

    EXPECT_EQ(read.kind, ReadBatch::Kind::kLeaderChange);
    EXPECT_EQ(read.leader, BrokerId{7});
    EXPECT_EQ(read.end, Offset{6});
}

TEST(Batches, EveryFlippedBitOfTheCheckedPartIsNoticed) {
    const auto batch = data_batch(one_of_each(), {Offset{0}, LeaderEpoch{1}, {}}).value();
    for (std::size_t position = wire::batch_field::kCrc; position < batch.size(); ++position) {
        BatchReader reader{bytes::View::copy_of(damaged_copy(batch, position))};
        EXPECT_EQ(reader.next().error().code, Errc::kCorrupt) << position;
    }
}

TEST(Batches, CutShortAreRefused) {
    const auto batch = data_batch(one_of_each(), {Offset{0}, LeaderEpoch{1}, {}}).value();
    for (std::size_t length = 1; length < batch.size(); ++length) {
        BatchReader reader{batch.slice(0, length)};
        EXPECT_FALSE(reader.next()) << length;
    }
}

TEST(Batches, WithARecordOfANewerTypeAreRefusedAsNewer) {
    wire::BatchBuilder builder{{}};
    const std::uint8_t value[] = {1, 100, 0};
    builder.append({.value = bytes::Span{value}});

    BatchReader reader{builder.build_plain().value()};

    EXPECT_EQ(reader.next().error().code, Errc::kNewerFormat);
}

TEST(Batches, WithoutValuesAreRefused) {
    wire::BatchBuilder builder{{}};
    builder.append({});

    BatchReader reader{builder.build_plain().value()};

    EXPECT_EQ(reader.next().error().code, Errc::kCorrupt);
}

}  // namespace
}  // namespace moldau::metadata
