// One test per rule, and that what is accepted is passed on uncopied.

#include "wire/produce_validation.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "bytes/endian.h"
#include "bytes/varint.h"
#include "wire/batch_builder.h"
#include "wire/record_reader.h"

namespace moldau::wire {
namespace {

using bytes::Codec;

constexpr std::int64_t kNow = 1'760'000'000'000;
constexpr Codec kAllCodecs[] = {Codec::kNone, Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd};

bytes::Span span_of(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

ValidationOptions options_now() {
    ValidationOptions options;
    options.now = from_timestamp(kNow);
    return options;
}

struct Produced {
    int count = 3;
    Codec codec = Codec::kNone;
    std::string value = "a value";
    std::int64_t timestamp = kNow;
    BatchOptions options = {};
};

bytes::View build(const Produced& produced) {
    auto options = produced.options;
    options.codec = produced.codec;
    BatchBuilder builder{options};
    for (int index = 0; index < produced.count; ++index) {
        builder.append({.timestamp = produced.timestamp + index, .key = span_of("key"), .value = span_of(produced.value)});
    }
    bytes::Compressor compressor;
    return builder.build(compressor).value();
}

// A batch with one header field changed, and its checksum made to fit again.
bytes::View altered(const bytes::View& batch, const std::function<void(std::uint8_t*)>& change) {
    bytes::Buffer buffer{batch.size()};
    buffer.append(batch.span());
    change(buffer.data());
    const auto crc = batch_crc({buffer.data(), kBatchHeaderBytes}, buffer.view().span().subspan(kBatchHeaderBytes));
    bytes::store_be(buffer.data() + batch_field::kCrc, crc);
    return buffer.view();
}

template <class T>
bytes::View with(const bytes::View& batch, std::size_t field, T value) {
    return altered(batch, [&](std::uint8_t* data) { bytes::store_be(data + field, value); });
}

ValidatedBatch accepted(const bytes::View& batch, const ValidationOptions& options) {
    auto result = ProduceValidator{}.validate_for_append(batch, options);
    if (!result) throw std::runtime_error(result.error().error.to_string());
    return *std::move(result);
}

ValidationError refused(const bytes::View& batch, const ValidationOptions& options = options_now()) {
    auto result = ProduceValidator{}.validate_for_append(batch, options);
    if (result) throw std::runtime_error("accepted");
    return std::move(result).error();
}

Errc code(const bytes::View& batch, const ValidationOptions& options = options_now()) {
    const auto result = ProduceValidator{}.validate_for_append(batch, options);
    return result ? Errc::kNone : result.error().error.code;
}

// A batch of `count` records that are these bytes, whatever they are.
bytes::View batch_of_bytes(const std::vector<std::uint8_t>& records, Codec codec, std::int32_t count = 1) {
    bytes::Compressor compressor;
    const auto packed = compressor.compress(codec, records).value();
    BatchHeader header;
    header.length = static_cast<std::int32_t>(kBatchHeaderBytes - kBatchLengthOverhead + packed.size());
    header.attributes.set_codec(codec);
    header.base_timestamp = header.max_timestamp = kNow;
    header.record_count = count;
    header.last_offset_delta = count - 1;
    bytes::Buffer buffer{header.size_bytes()};
    header.write(buffer.data());
    buffer.commit(kBatchHeaderBytes);
    buffer.append(packed.span());
    return altered(buffer.view(), [](std::uint8_t*) {});
}

std::vector<std::uint8_t> varint(std::int64_t value) {
    std::vector<std::uint8_t> out(bytes::kVarintBytesMax);
    out.resize(bytes::put_varint(out.data(), bytes::zigzag(value)));
    return out;
}

bytes::View joined(const bytes::View& left, const bytes::View& right) {
    bytes::ChunkList both{left};
    both.append(right);
    return both.flatten();
}

// The stamped batch reads as `count` records with the value given.
void expect_readable(const ValidatedBatch& batch, int count, std::string_view value) {
    const auto stored = batch.stamped(Offset{500}, LeaderEpoch{7}).flatten();
    const auto found = first_batch(stored.span());
    ASSERT_TRUE(found);
    EXPECT_EQ(found->bytes.size(), stored.size());
    EXPECT_TRUE(found->has_valid_crc());
    EXPECT_EQ(found->header.base_offset, Offset{500});
    EXPECT_EQ(found->header.leader_epoch, LeaderEpoch{7});
    bytes::Decompressor decompressor;
    const auto records = inflate_records(stored, found->header, decompressor, std::size_t{64} << 20);
    ASSERT_TRUE(records);
    RecordReader reader{records->span(), found->header.record_count};
    int read = 0;
    while (const auto record = reader.next().value()) {
        EXPECT_EQ(record->value->size(), value.size());
        EXPECT_TRUE(std::ranges::equal(*record->value, span_of(value)));
        ++read;
    }
    EXPECT_EQ(read, count);
}

TEST(ProduceValidation, PassesAGoodBatchOnUncopiedWithAnyCodec) {
    for (const auto codec : kAllCodecs) {
        const auto batch = build({.count = 50, .codec = codec, .value = "what stays as it is"});
        const auto result = accepted(batch, options_now());
        EXPECT_EQ(result.records.data(), batch.data() + kBatchHeaderBytes);
        EXPECT_TRUE(std::equal(result.header_bytes.begin(), result.header_bytes.end(), batch.data()));
        EXPECT_EQ(result.size_bytes(), batch.size());
        expect_readable(result, 50, "what stays as it is");
    }
}

TEST(ProduceValidation, StampsWithoutTouchingTheProducersMemory) {
    for (const int count : {1, 500}) {
        const auto batch = build({.count = count});
        const auto before = bytes::View::copy_of(batch.span());
        const auto stored = accepted(batch, options_now()).stamped(Offset{9}, LeaderEpoch{1});
        EXPECT_EQ(batch, before);
        // Long records are shared, short ones copied so that they do not hold the whole request.
        EXPECT_EQ(stored.chunks().size(), count == 1 ? 1u : 2u);
        EXPECT_EQ(stored.chunks().back().owner().get() == batch.owner().get(), count != 1);
    }
}

TEST(ProduceValidation, WantsExactlyOneWholeBatch) {
    const auto batch = build({});
    EXPECT_EQ(code({}), Errc::kInvalidRecord);
    EXPECT_EQ(refused(joined(batch, batch)).error, (Error{Errc::kInvalidRecord, "more than one record batch"}));
    EXPECT_EQ(code(joined(batch, bytes::View::copy_of("x"))), Errc::kInvalidRecord);
    for (std::size_t size = 1; size < batch.size(); ++size) {
        EXPECT_EQ(code(batch.slice(0, size)), Errc::kInvalidRecord) << size;
    }
}

TEST(ProduceValidation, RefusesOtherFormats) {
    const auto batch = build({});
    EXPECT_EQ(code(with<std::int8_t>(batch, batch_field::kMagic, 1)), Errc::kInvalidRecord);
    EXPECT_EQ(code(with<std::int8_t>(batch, batch_field::kMagic, 0)), Errc::kInvalidRecord);
    EXPECT_EQ(code(with<std::int8_t>(batch, batch_field::kMagic, 3)), Errc::kCorruptMessage);
}

TEST(ProduceValidation, RefusesEveryFlippedBit) {
    const auto batch = build({});
    bytes::Buffer buffer{batch.size()};
    buffer.append(batch.span());
    for (std::size_t bit = 0; bit < batch.size() * 8; ++bit) {
        const auto byte = bit / 8;
        if (byte >= batch_field::kLeaderEpoch && byte < batch_field::kMagic) continue;  // the broker's to stamp
        buffer.data()[byte] ^= static_cast<std::uint8_t>(1u << (bit % 8));
        EXPECT_NE(code(buffer.view()), Errc::kNone) << bit;
        buffer.data()[byte] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    }
}

TEST(ProduceValidation, ChecksTheChecksumBeforeItBelievesTheHeader) {
    bytes::Buffer buffer{200};
    buffer.append(build({}).span());
    buffer.data()[batch_field::kRecordCount + 3] = 99;
    EXPECT_EQ(code(buffer.view()), Errc::kCorruptMessage);
}

TEST(ProduceValidation, LimitsTheBatchsSize) {
    const auto batch = build({.count = 10});
    auto options = options_now();
    options.batch_bytes_max = batch.size();
    EXPECT_EQ(code(batch, options), Errc::kNone);
    options.batch_bytes_max = batch.size() - 1;
    EXPECT_EQ(code(batch, options), Errc::kMessageTooLarge);
}

TEST(ProduceValidation, WantsCountsThatAgree) {
    for (const auto codec : kAllCodecs) {
        const auto batch = build({.codec = codec});
        EXPECT_EQ(code(with<std::int32_t>(batch, batch_field::kRecordCount, 2)), Errc::kInvalidRecord);
        EXPECT_EQ(code(with<std::int32_t>(batch, batch_field::kLastOffsetDelta, 3)), Errc::kInvalidRecord);
        for (const int count : {0, 2, 4, 1'000'000'000}) {
            const auto lying = altered(batch, [&](std::uint8_t* data) {
                bytes::store_be<std::int32_t>(data + batch_field::kRecordCount, count);
                bytes::store_be<std::int32_t>(data + batch_field::kLastOffsetDelta, std::max(count - 1, 0));
            });
            EXPECT_EQ(code(lying), Errc::kInvalidRecord) << count;
        }
    }
}

TEST(ProduceValidation, WantsOffsetDeltasInARowAlsoInsideCompression) {
    bytes::Compressor compressor;
    for (const auto codec : kAllCodecs) {
        BatchOptions batch_options;
        batch_options.codec = codec;
        batch_options.last_offset_delta = 2;
        BatchBuilder builder{batch_options};
        for (const int delta : {0, 2, 3}) builder.append({.timestamp = kNow, .offset_delta = delta});
        const auto error = refused(builder.build(compressor).value());
        EXPECT_EQ(error.error.code, Errc::kInvalidRecord);
        ASSERT_EQ(error.record_errors.size(), 2u);
        EXPECT_EQ(error.record_errors[0].batch_index, 1);
    }
}

TEST(ProduceValidation, WantsABaseOffsetOfZeroFromClients) {
    const auto batch = build({.options = {.base_offset = Offset{5}}});
    EXPECT_EQ(code(batch), Errc::kInvalidRecord);
    auto options = options_now();
    options.origin = BatchOrigin::kCoordinator;
    EXPECT_EQ(code(batch, options), Errc::kNone);
}

TEST(ProduceValidation, BoundsTimestampsOnBothSides) {
    auto options = options_now();
    options.timestamp_before_max_ms = 1000;
    options.timestamp_after_max_ms = 500;
    for (const auto codec : kAllCodecs) {
        const auto at = [&](std::int64_t timestamp) { return build({.count = 1, .codec = codec, .timestamp = timestamp}); };
        EXPECT_EQ(code(at(kNow - 1000), options), Errc::kNone);
        EXPECT_EQ(code(at(kNow + 500), options), Errc::kNone);
        EXPECT_EQ(code(at(kNoTimestamp), options), Errc::kNone);
        EXPECT_EQ(code(at(kNow - 1001), options), Errc::kInvalidTimestamp);
        EXPECT_EQ(code(at(kNow + 501), options), Errc::kInvalidTimestamp);
        options.timestamp_type = TimestampType::kLogAppendTime;
        EXPECT_EQ(code(at(kNow + 501), options), Errc::kNone) << "the broker's time replaces it";
        options.timestamp_type = TimestampType::kCreateTime;
    }
}

TEST(ProduceValidation, NamesTheRecordsWhoseTimestampsAreWrong) {
    BatchBuilder builder{{}};
    for (const auto timestamp : {kNow, kNow + 7'200'000, kNow, kNow + 7'200'001}) builder.append({.timestamp = timestamp});
    const auto error = refused(builder.build_plain().value());
    EXPECT_EQ(error.error.code, Errc::kInvalidTimestamp);
    ASSERT_EQ(error.record_errors.size(), 2u);
    EXPECT_EQ(error.record_errors[0].batch_index, 1);
    EXPECT_EQ(error.record_errors[1].batch_index, 3);
    EXPECT_NE(error.record_errors[0].message.find(std::to_string(kNow + 7'200'000)), std::string::npos);
}

TEST(ProduceValidation, RefusesTimestampsThatOverflow) {
    const auto batch = build({.count = 2});
    EXPECT_EQ(code(with(batch, batch_field::kBaseTimestamp, std::numeric_limits<std::int64_t>::max())),
              Errc::kInvalidTimestamp);
    EXPECT_EQ(code(with(batch, batch_field::kBaseTimestamp, std::numeric_limits<std::int64_t>::min())),
              Errc::kInvalidTimestamp);
    const auto wrapping = build({.options = {.base_timestamp = std::numeric_limits<std::int64_t>::min()}});
    EXPECT_EQ(code(wrapping), Errc::kInvalidTimestamp) << "deltas that wrap around to a good timestamp";
}

TEST(ProduceValidation, PutsAWrongMaximumTimestampRight) {
    for (const auto codec : kAllCodecs) {
        const auto batch = with(build({.codec = codec}), batch_field::kMaxTimestamp, kNow + 999);
        const auto result = accepted(batch, options_now());
        EXPECT_EQ(result.header.max_timestamp, kNow + 2);
        EXPECT_EQ(result.records.data(), batch.data() + kBatchHeaderBytes);
        expect_readable(result, 3, "a value");
    }
}

TEST(ProduceValidation, StampsTheTimeOnLogAppendTimeTopics) {
    auto options = options_now();
    options.timestamp_type = TimestampType::kLogAppendTime;
    for (const auto codec : kAllCodecs) {
        const auto batch = build({.codec = codec, .timestamp = 1});
        const auto result = accepted(batch, options);
        EXPECT_EQ(result.header.attributes.timestamp_type(), TimestampType::kLogAppendTime);
        EXPECT_EQ(result.header.max_timestamp, kNow);
        EXPECT_EQ(result.records.data(), batch.data() + kBatchHeaderBytes);
        expect_readable(result, 3, "a value");
    }
}

TEST(ProduceValidation, RefusesLogAppendTimeFromClients) {
    EXPECT_EQ(code(build({.options = {.log_append_time = kNow}})), Errc::kInvalidTimestamp);
}

TEST(ProduceValidation, WantsKeysOnCompactedTopics) {
    auto options = options_now();
    options.is_compacted = true;
    bytes::Compressor compressor;
    for (const auto codec : kAllCodecs) {
        BatchOptions batch_options;
        batch_options.codec = codec;
        BatchBuilder builder{batch_options};
        builder.append({.timestamp = kNow, .key = span_of("k")});
        builder.append({.timestamp = kNow});
        builder.append({.timestamp = kNow, .key = bytes::Span{}});
        const auto batch = builder.build(compressor).value();
        const auto error = refused(batch, options);
        EXPECT_EQ(error.error.code, Errc::kInvalidRecord);
        ASSERT_EQ(error.record_errors.size(), 1u);
        EXPECT_EQ(error.record_errors[0].batch_index, 1);
        EXPECT_EQ(code(batch), Errc::kNone);
    }
}

TEST(ProduceValidation, BoundsItsListOfRecordErrors) {
    auto options = options_now();
    options.is_compacted = true;
    BatchBuilder builder{{}};
    for (int index = 0; index < 5000; ++index) builder.append({.timestamp = kNow});
    const auto error = refused(builder.build_plain().value(), options);
    EXPECT_EQ(error.record_errors.size(), kRecordErrorsMax);
    EXPECT_NE(error.error.context.find("5000"), std::string::npos);
}

TEST(ProduceValidation, TakesControlBatchesFromCoordinatorsOnly) {
    BatchOptions batch_options;
    batch_options.is_control = true;
    batch_options.is_transactional = true;
    batch_options.producer_id = ProducerId{3};
    batch_options.producer_epoch = ProducerEpoch{0};
    BatchBuilder builder{batch_options};
    append_marker(builder, {ControlType::kCommit, 1}, kNow);
    const auto batch = builder.build_plain().value();
    auto options = options_now();
    EXPECT_EQ(code(batch, options), Errc::kInvalidRecord);
    options.origin = BatchOrigin::kCoordinator;
    options.codec = Codec::kZstd;
    EXPECT_EQ(accepted(batch, options).header.attributes.codec(), Codec::kNone) << "markers are never compressed";
}

TEST(ProduceValidation, WantsProducerFieldsThatGoTogether) {
    struct Case {
        std::int64_t id;
        std::int16_t epoch;
        std::int32_t sequence;
        bool is_transactional;
        Errc expected;
    };
    const Case cases[] = {
        {-1, -1, -1, false, Errc::kNone},
        {-1, 0, 0, false, Errc::kNone},
        {7, 0, 0, false, Errc::kNone},
        {7, 0, 0, true, Errc::kNone},
        {7, 0, -1, false, Errc::kInvalidRecord},
        {7, -1, 0, false, Errc::kInvalidRecord},
        {-1, -1, -1, true, Errc::kInvalidRecord},
        {-2, 0, 0, false, Errc::kInvalidRecord},
    };
    for (const auto& each : cases) {
        const auto batch = build({.options = {.producer_id = ProducerId{each.id},
                                              .producer_epoch = ProducerEpoch{each.epoch},
                                              .base_sequence = each.sequence,
                                              .is_transactional = each.is_transactional}});
        EXPECT_EQ(code(batch), each.expected) << each.id << ' ' << each.epoch << ' ' << each.sequence;
    }
}

TEST(ProduceValidation, RefusesADeleteHorizonFromClients) {
    EXPECT_EQ(code(build({.options = {.delete_horizon = kNow}})), Errc::kInvalidRecord);
}

TEST(ProduceValidation, RefusesUnknownCodecsAndZstdForOldRequests) {
    const auto batch = build({});
    for (std::int16_t number = 5; number < 8; ++number) {
        EXPECT_EQ(code(with(batch, batch_field::kAttributes, number)), Errc::kUnsupportedCompressionType);
    }
    auto options = options_now();
    options.produce_version = 6;
    EXPECT_EQ(code(build({.codec = Codec::kZstd}), options), Errc::kUnsupportedCompressionType);
    EXPECT_EQ(code(build({.codec = Codec::kLz4}), options), Errc::kNone);
}

TEST(ProduceValidation, RefusesWhatDoesNotInflate) {
    const auto batch = build({});
    for (std::int16_t number = 1; number < 5; ++number) {
        EXPECT_EQ(code(with(batch, batch_field::kAttributes, number)), Errc::kInvalidRecord) << "plain records as codec";
    }
    for (const auto codec : {Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
        const auto packed = build({.count = 20, .codec = codec});
        const auto cut = packed.slice(0, packed.size() - 3);
        EXPECT_EQ(code(with(cut, batch_field::kLength, static_cast<std::int32_t>(cut.size() - kBatchLengthOverhead))),
                  Errc::kInvalidRecord)
            << bytes::codec_name(codec);
    }
}

TEST(ProduceValidation, LimitsWhatInflates) {
    const std::string zeros(std::size_t{1} << 20, '\0');
    for (const auto codec : {Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
        const auto bomb = build({.count = 4, .codec = codec, .value = zeros});
        auto options = options_now();
        EXPECT_EQ(code(bomb, options), Errc::kNone);
        options.inflated_bytes_max = std::size_t{3} << 20;
        EXPECT_EQ(code(bomb, options), Errc::kMessageTooLarge) << bytes::codec_name(codec);
        options = options_now();
        options.record_bytes_max = zeros.size();
        EXPECT_EQ(code(bomb, options), Errc::kInvalidRecord) << bytes::codec_name(codec);
        options.codec = codec == Codec::kZstd ? Codec::kLz4 : Codec::kZstd;
        EXPECT_EQ(code(bomb, options), Errc::kInvalidRecord) << "also when the codec changes";
        options.record_bytes_max = zeros.size() + 100;
        EXPECT_EQ(code(bomb, options), Errc::kNone);
        options.recompress_bytes_max = zeros.size();
        EXPECT_EQ(code(bomb, options), Errc::kMessageTooLarge);
    }
}

TEST(ProduceValidation, ReadsCompressedRecordsOfEverySizeAroundItsWindow) {
    for (const std::size_t size : {0u, 1u, 100u, 16370u, 32768u, 65500u, 65536u, 70000u, 200000u}) {
        const std::string value(size, 'v');
        for (const auto codec : {Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
            const auto batch = build({.count = 7, .codec = codec, .value = value});
            expect_readable(accepted(batch, options_now()), 7, value);
        }
    }
}

TEST(ProduceValidation, WantsTheGrammarInsideCompressionAlsoInRecordsLongerThanItsWindow) {
    struct Case {
        const char* what;
        bool is_good;
        std::vector<std::uint8_t> tail;   // of the record, after the key: value length, value, header count, headers
        std::vector<std::uint8_t> after;  // of the record
        int length_off;
    };
    const Case cases[] = {
        {"good", true, {1, 0}, {}, 0},
        {"good with value and header", true, {2, 'v', 2, 2, 'h', 1}, {}, 0},
        {"value beyond the record", false, {4, 0}, {}, 0},
        {"value beyond the record, bytes behind", false, {4, 0}, {0, 0, 0, 0}, 0},
        {"value length below null", false, {3, 0}, {}, 0},
        {"negative header count", false, {1, 1}, {}, 0},
        {"header count beyond the record", false, {1, 2}, {1, 1}, 0},
        {"null header key", false, {1, 2, 1, 1}, {}, 0},
        {"bytes after the last field", false, {1, 0, 0}, {}, 0},
        {"bytes after the record", false, {1, 0}, {0}, 0},
        {"shorter than it says", false, {1, 0}, {}, 1},
        {"longer than it says", false, {1, 0}, {}, -1},
        {"endless varint", false, {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0}, {}, 0},
    };
    for (const std::size_t key_bytes : {10u, 65520u, 65536u, 200000u}) {
        for (const auto& each : cases) {
            std::vector<std::uint8_t> body = {0, 0, 0};
            const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
            append(body, varint(static_cast<std::int64_t>(key_bytes)));
            body.resize(body.size() + key_bytes);
            append(body, each.tail);
            auto records = varint(static_cast<std::int64_t>(body.size()) + each.length_off);
            append(records, body);
            append(records, each.after);
            for (const auto codec : kAllCodecs) {
                EXPECT_EQ(code(batch_of_bytes(records, codec)), each.is_good ? Errc::kNone : Errc::kInvalidRecord)
                    << each.what << ", key of " << key_bytes << ", " << bytes::codec_name(codec);
            }
        }
    }
}

TEST(ProduceValidation, SeesDamageBehindTheLastRecord) {
    // One record that fills the window to its last byte, so that the damage lies in what is read after it.
    constexpr std::size_t kKeyBytes = 65525;
    std::vector<std::uint8_t> body = {0, 0, 0};
    const auto key_length = varint(kKeyBytes);
    body.insert(body.end(), key_length.begin(), key_length.end());
    body.resize(body.size() + kKeyBytes);
    body.insert(body.end(), {1, 0});
    auto records = varint(static_cast<std::int64_t>(body.size()));
    records.insert(records.end(), body.begin(), body.end());
    ASSERT_EQ(records.size(), std::size_t{64} << 10);
    const auto batch = batch_of_bytes(records, Codec::kGzip);
    ASSERT_EQ(code(batch), Errc::kNone);

    const auto cut = batch.slice(0, batch.size() - 3);

    EXPECT_EQ(code(with(cut, batch_field::kLength, static_cast<std::int32_t>(cut.size() - kBatchLengthOverhead))),
              Errc::kInvalidRecord);
}

TEST(ProduceValidation, LimitsShortCompressedRecordsToo) {
    auto options = options_now();
    for (const auto codec : kAllCodecs) {
        const auto batch = build({.codec = codec, .value = std::string(100, 'v')});
        options.record_bytes_max = 109;  // key, value and seven bytes around them, less one
        EXPECT_EQ(code(batch, options), codec == Codec::kNone ? Errc::kNone : Errc::kInvalidRecord);
        options.record_bytes_max = 110;
        EXPECT_EQ(code(batch, options), Errc::kNone) << bytes::codec_name(codec);
    }
}

TEST(ProduceValidation, GivesTheTopicsCodec) {
    const std::string value(300, 'r');
    for (const auto from : kAllCodecs) {
        for (const auto to : kAllCodecs) {
            auto options = options_now();
            options.codec = to;
            const auto batch = build({.count = 20, .codec = from, .value = value});
            const auto result = accepted(batch, options);
            EXPECT_EQ(result.header.attributes.codec(), to);
            EXPECT_EQ(result.header.size_bytes(), result.size_bytes());
            EXPECT_EQ(result.records.data() == batch.data() + kBatchHeaderBytes, from == to);
            expect_readable(result, 20, value);
        }
    }
}

TEST(ProduceValidation, UsesTheTopicsLevel) {
    std::string value;
    for (int index = 0; index < 3000; ++index) value += std::to_string(index * index % 7919);
    const auto size_at = [&](int level) {
        auto options = options_now();
        options.codec = Codec::kGzip;
        options.codec_level = level;
        return accepted(build({.count = 3, .value = value}), options).size_bytes();
    };
    EXPECT_LT(size_at(9), size_at(1));
}

TEST(ProduceValidation, LimitsTheSizeAgainOnceTheCodecChanged) {
    const auto batch = build({.count = 10, .codec = Codec::kZstd, .value = std::string(1000, 'z')});
    auto options = options_now();
    options.codec = Codec::kNone;
    options.batch_bytes_max = 5000;
    EXPECT_EQ(code(batch, options), Errc::kMessageTooLarge);

    const auto dense = build({.count = 100, .codec = Codec::kGzip, .value = "digits 0123456789 and letters"});
    options.codec = Codec::kSnappy;
    options.batch_bytes_max = dense.size();
    EXPECT_EQ(code(dense, options), Errc::kMessageTooLarge);
    options.batch_bytes_max = dense.size() * 10;
    EXPECT_EQ(code(dense, options), Errc::kNone);
}

TEST(ProduceValidation, WorksAgainAfterAFailure) {
    ProduceValidator validator;
    const auto good = build({.codec = Codec::kZstd});
    const auto bad = with(good, batch_field::kRecordCount, 9);
    for (int round = 0; round < 3; ++round) {
        EXPECT_FALSE(validator.validate_for_append(bad, options_now()));
        EXPECT_TRUE(validator.validate_for_append(good, options_now()));
    }
}

}  // namespace
}  // namespace moldau::wire
