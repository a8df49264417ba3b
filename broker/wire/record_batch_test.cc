// Headers, walking over batches, records and their builder; golden vectors are in batch_json_test.cc.

#include "wire/record_batch.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>
#include <vector>

#include "bytes/endian.h"
#include "bytes/varint.h"
#include "wire/batch_builder.h"
#include "wire/record_reader.h"

namespace moldau::wire {
namespace {

using Bytes = std::vector<std::uint8_t>;

bytes::Span span_of(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }
std::string text_of(bytes::Span span) { return {reinterpret_cast<const char*>(span.data()), span.size()}; }

Bytes batch_of(int count, BatchOptions options = {}) {
    BatchBuilder builder{options};
    for (int index = 0; index < count; ++index) {
        builder.append({.timestamp = 1000 + index, .key = span_of("key"), .value = span_of("value")});
    }
    const auto view = builder.build_plain().value();
    return {view.data(), view.data() + view.size()};
}

template <class T>
Bytes with(Bytes batch, std::size_t field, T value) {
    bytes::store_be(batch.data() + field, value);
    return batch;
}

Errc error_of(const Bytes& batch) {
    const auto found = first_batch(batch);
    return found ? Errc::kNone : found.error().code;
}

// A record of the parts given, with its length in front.
Bytes record(const Bytes& body) {
    Bytes out(bytes::kVarintBytesMax);
    out.resize(bytes::put_varint(out.data(), bytes::zigzag(static_cast<std::int64_t>(body.size()))));
    out.insert(out.end(), body.begin(), body.end());
    return out;
}

bool reads(const Bytes& records, std::int32_t count = 1) {
    RecordReader reader{records, count};
    while (true) {
        const auto next = reader.next();
        if (!next) return false;
        if (!*next) return true;
    }
}

TEST(BatchHeader, WritesWhatItParses) {
    BatchOptions options;
    options.base_offset = Offset{77};
    options.leader_epoch = LeaderEpoch{5};
    options.producer_id = ProducerId{9};
    options.producer_epoch = ProducerEpoch{2};
    options.base_sequence = 11;
    options.is_transactional = true;
    const auto batch = batch_of(3, options);
    const auto header = BatchHeader::parse(batch).value();
    std::array<std::uint8_t, kBatchHeaderBytes> out;

    header.write(out.data());

    EXPECT_TRUE(std::equal(out.begin(), out.end(), batch.begin()));
    EXPECT_EQ(header.last_offset(), Offset{79});
    EXPECT_EQ(header.next_offset(), Offset{80});
    EXPECT_EQ(header.last_sequence(), 13);
    EXPECT_EQ(header.size_bytes(), batch.size());
}

TEST(BatchHeader, WrapsSequenceNumbers) {
    BatchHeader header;
    header.base_sequence = std::numeric_limits<std::int32_t>::max() - 1;
    header.last_offset_delta = 3;
    EXPECT_EQ(header.last_sequence(), 1);
    header.base_sequence = kNoSequence;
    EXPECT_EQ(header.last_sequence(), kNoSequence);
}

TEST(BatchHeader, TellsOldFormatsFromUnknownOnes) {
    const auto batch = batch_of(1);
    EXPECT_EQ(error_of(with<std::int8_t>(batch, batch_field::kMagic, 0)), Errc::kUnsupportedForMessageFormat);
    EXPECT_EQ(error_of(with<std::int8_t>(batch, batch_field::kMagic, 1)), Errc::kUnsupportedForMessageFormat);
    EXPECT_EQ(error_of(with<std::int8_t>(batch, batch_field::kMagic, 3)), Errc::kCorruptMessage);
    EXPECT_EQ(error_of(with<std::int8_t>(batch, batch_field::kMagic, -1)), Errc::kCorruptMessage);
}

TEST(BatchHeader, RecognisesAnOldFormatBeforeAWholeHeaderIsThere) {
    auto batch = with<std::int8_t>(batch_of(1), batch_field::kMagic, 1);
    batch.resize(batch_field::kMagic + 1);
    EXPECT_EQ(error_of(batch), Errc::kUnsupportedForMessageFormat);
}

TEST(BatchHeader, RefusesImpossibleNumbers) {
    const auto batch = batch_of(1);
    EXPECT_EQ(error_of(with<std::int32_t>(batch, batch_field::kLength, -1)), Errc::kCorruptMessage);
    EXPECT_EQ(error_of(with<std::int32_t>(batch, batch_field::kLength, 48)), Errc::kCorruptMessage);
    EXPECT_EQ(error_of(with<std::int32_t>(batch, batch_field::kLength, std::numeric_limits<std::int32_t>::max())),
              Errc::kMalformed);
    EXPECT_EQ(error_of(with<std::int32_t>(batch, batch_field::kLastOffsetDelta, -1)), Errc::kCorruptMessage);
    EXPECT_EQ(error_of(with<std::int32_t>(batch, batch_field::kRecordCount, -1)), Errc::kCorruptMessage);
    EXPECT_EQ(error_of(with<std::int64_t>(batch, batch_field::kBaseOffset, std::numeric_limits<std::int64_t>::max())),
              Errc::kCorruptMessage);
}

TEST(BatchHeader, StampsOutsideTheChecksum) {
    auto batch = batch_of(2);
    patch_base_offset(batch, Offset{1'000'000'000'000});
    patch_leader_epoch(batch, LeaderEpoch{42});
    const auto found = first_batch(batch).value();
    EXPECT_TRUE(found.has_valid_crc());
    EXPECT_EQ(found.header.base_offset, Offset{1'000'000'000'000});
    EXPECT_EQ(found.header.leader_epoch, LeaderEpoch{42});
}

TEST(BatchIterator, WalksOverWholeBatchesAndStopsAtATornOne) {
    auto all = batch_of(1);
    const auto second = batch_of(5);
    const auto torn = batch_of(2);
    all.insert(all.end(), second.begin(), second.end());
    const auto whole = all.size();
    all.insert(all.end(), torn.begin(), torn.end() - 1);

    BatchIterator batches{all};

    EXPECT_EQ((*batches.next())->header.record_count, 1);
    EXPECT_EQ((*batches.next())->header.record_count, 5);
    EXPECT_EQ(batches.next().error().code, Errc::kMalformed);
    EXPECT_EQ(batches.next().error().code, Errc::kMalformed);
    EXPECT_EQ(batches.position(), whole);
}

TEST(BatchIterator, EndsWhereTheBytesEnd) {
    const auto batch = batch_of(1);
    BatchIterator batches{batch};
    EXPECT_TRUE(*batches.next());
    EXPECT_FALSE(*batches.next());
    EXPECT_FALSE(*BatchIterator{bytes::Span{}}.next());
}

TEST(RecordReader, GivesBackEveryField) {
    BatchBuilder builder{{}};
    const RecordHeader headers[] = {{"", span_of("x")}, {"trace", std::nullopt}};
    builder.append({.timestamp = 5, .key = span_of("k"), .value = std::nullopt, .headers = headers});
    builder.append({.timestamp = 3, .key = std::nullopt, .value = bytes::Span{}, .offset_delta = 7});
    const auto batch = builder.build_plain().value();
    const auto found = first_batch(batch.span()).value();
    RecordReader reader{found.records(), found.header.record_count};

    const auto first = reader.next().value().value();
    const auto second = reader.next().value().value();

    EXPECT_EQ(text_of(*first.key), "k");
    EXPECT_FALSE(first.value);
    auto left = first.headers;
    EXPECT_EQ(left.count_left(), 2);
    EXPECT_EQ(text_of(*left.next()->value), "x");
    const auto trace = *left.next();
    EXPECT_EQ(trace.key, "trace");
    EXPECT_FALSE(trace.value);
    EXPECT_FALSE(left.next());
    EXPECT_EQ(second.offset_delta, 7);
    EXPECT_EQ(record_timestamp(found.header, second), 3);
    EXPECT_FALSE(second.key);
    EXPECT_EQ(second.value->size(), 0u);
    EXPECT_FALSE(*reader.next());
    EXPECT_EQ(found.header.last_offset_delta, 7);
    EXPECT_EQ(found.header.max_timestamp, 5);
}

TEST(RecordReader, RefusesEveryTruncation) {
    const auto batch = batch_of(3);
    const Bytes records(batch.begin() + kBatchHeaderBytes, batch.end());
    EXPECT_TRUE(reads(records, 3));
    for (std::size_t size = 0; size < records.size(); ++size) {
        EXPECT_FALSE(reads({records.begin(), records.begin() + static_cast<std::ptrdiff_t>(size)}, 3)) << size;
    }
}

TEST(RecordReader, RefusesWrongCounts) {
    const auto batch = batch_of(3);
    const Bytes records(batch.begin() + kBatchHeaderBytes, batch.end());
    EXPECT_FALSE(reads(records, 2));
    EXPECT_FALSE(reads(records, 4));
    EXPECT_FALSE(reads(records, std::numeric_limits<std::int32_t>::max()));
}

TEST(RecordReader, RefusesLyingLengths) {
    // attributes, timestamp delta, offset delta, key length, value length, header count
    EXPECT_TRUE(reads(record({0, 0, 0, 1, 1, 0})));
    const std::vector<std::pair<const char*, Bytes>> bad = {
        {"key beyond the record", {0, 0, 0, 4, 1, 0}},
        {"key length below null", {0, 0, 0, 3, 1, 0}},
        {"value beyond the record", {0, 0, 0, 1, 40, 0}},
        {"value length below null", {0, 0, 0, 1, 5, 0}},
        {"negative header count", {0, 0, 0, 1, 1, 1}},
        {"header count beyond the record", {0, 0, 0, 1, 1, 2}},
        {"huge header count", {0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f}},
        {"null header key", {0, 0, 0, 1, 1, 2, 1, 1}},
        {"header value beyond the record", {0, 0, 0, 1, 1, 2, 0, 4}},
        {"bytes after the last field", {0, 0, 0, 1, 1, 0, 0}},
        {"offset delta of more than 32 bits", {0, 0, 0xff, 0xff, 0xff, 0xff, 0x1f, 1, 1, 0}},
        {"too short", {0, 0, 0, 1, 1}},
        {"empty", {}},
    };
    for (const auto& [what, body] : bad) EXPECT_FALSE(reads(record(body))) << what;
    EXPECT_FALSE(reads(record({0, 0, 0, 1, 1, 0, 12, 0, 0, 0, 1, 1, 0}), 2)) << "a record within a record";
    EXPECT_FALSE(reads({0x01, 0, 0, 0, 1, 1, 0})) << "negative record length";
    EXPECT_FALSE(reads({0xfe, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 1, 1, 0})) << "record length beyond the batch";
}

TEST(BatchBuilder, KeepsWhatCompactionMustKeep) {
    BatchOptions options;
    options.base_offset = Offset{100};
    options.last_offset_delta = 9;
    options.delete_horizon = 5000;
    BatchBuilder builder{options};
    builder.append({.timestamp = 4000, .offset_delta = 3});
    const auto batch = builder.build_plain().value();
    const auto found = first_batch(batch.span()).value();
    RecordReader reader{found.records(), found.header.record_count};
    EXPECT_EQ(found.header.last_offset(), Offset{109});
    EXPECT_TRUE(found.header.attributes.has_delete_horizon());
    EXPECT_EQ(found.header.base_timestamp, 5000);
    EXPECT_EQ(record_timestamp(found.header, **reader.next()), 4000);
}

TEST(BatchBuilder, MakesAnEmptyBatchThatHoldsItsOffsets) {
    BatchOptions options;
    options.last_offset_delta = 4;
    const auto batch = BatchBuilder{options}.build_plain().value();
    const auto found = first_batch(batch.span()).value();
    EXPECT_EQ(found.header.record_count, 0);
    EXPECT_EQ(found.header.last_offset_delta, 4);
    EXPECT_TRUE(found.has_valid_crc());
}

TEST(BatchBuilder, CompressesWithEveryCodec) {
    bytes::Codecs codecs;
    for (int number = 0; number < bytes::kCodecCount; ++number) {
        BatchOptions options;
        options.codec = *bytes::codec_from_number(number);
        BatchBuilder builder{options};
        for (int index = 0; index < 100; ++index) builder.append({.timestamp = index, .value = span_of("the same again")});
        const auto batch = builder.build(codecs.compressor).value();
        const auto header = first_batch(batch.span())->header;
        EXPECT_EQ(header.attributes.codec(), options.codec);
        const auto records = inflate_records(batch, header, codecs.decompressor, 1 << 20).value();
        EXPECT_TRUE(reads({records.data(), records.data() + records.size()}, 100));
    }
}

TEST(InflateRecords, RefusesUnknownCodecsAndDamage) {
    bytes::Decompressor decompressor;
    const auto batch = batch_of(1);
    for (std::int16_t codec = 1; codec < 8; ++codec) {
        const auto bad = with(batch, batch_field::kAttributes, codec);
        const auto result =
            inflate_records(bytes::View::copy_of(bad), BatchHeader::parse(bad).value(), decompressor, 1 << 20);
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code, codec < 5 ? Errc::kCorruptMessage : Errc::kUnsupportedCompressionType);
    }
}

TEST(EndTransactionMarker, ReadsBack) {
    BatchOptions options;
    options.is_control = true;
    BatchBuilder builder{options};
    append_marker(builder, {ControlType::kCommit, 11}, 1000);
    const auto batch = builder.build_plain().value();
    const auto found = first_batch(batch.span()).value();
    const auto read = *RecordReader{found.records(), 1}.next();
    const auto marker = parse_marker(*read).value();
    EXPECT_TRUE(found.header.attributes.is_control());
    EXPECT_EQ(marker.type, ControlType::kCommit);
    EXPECT_EQ(marker.coordinator_epoch, 11);
}

TEST(EndTransactionMarker, RefusesOtherRecords) {
    const std::uint8_t leader_change[] = {0, 0, 0, 2};
    const std::uint8_t commit[] = {0, 0, 0, 1};
    const std::uint8_t short_key[] = {0, 0, 0};
    EXPECT_EQ(control_type({.key = bytes::Span{leader_change}}).value(), ControlType::kLeaderChange);
    EXPECT_FALSE(parse_marker({.key = bytes::Span{leader_change}}));
    EXPECT_FALSE(parse_marker({.key = bytes::Span{commit}}));
    EXPECT_FALSE(parse_marker({.key = bytes::Span{short_key}}));
    EXPECT_FALSE(control_type({}));
}

}  // namespace
}  // namespace moldau::wire
