// The golden batch vectors, in both directions: bytes to JSON, and records through the builder back to bytes.

#include "wire/batch_json.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "wire/batch_builder.h"
#include "wire/record_batch.h"
#include "wire/record_reader.h"

namespace moldau::wire {
namespace {

constexpr std::size_t kPlenty = std::size_t{64} << 20;
constexpr std::size_t kVectorCount = 92;

struct Vector {
    std::string hex;
    std::string json;
};

std::vector<Vector> vectors() {
    std::ifstream file(std::string{MOLDAU_SOURCE_DIR} + "/broker/wire/testdata/kafka-batch-vectors.tsv");
    std::vector<Vector> found;
    for (std::string line; std::getline(file, line);) {
        const auto tab = line.find('\t');
        found.push_back({line.substr(0, tab), line.substr(tab + 1)});
    }
    return found;
}

bytes::View unhex(std::string_view hex) {
    bytes::Buffer buffer{hex.size() / 2};
    for (std::size_t index = 0; index < hex.size(); index += 2) {
        buffer.spare()[0] = static_cast<std::uint8_t>(std::stoi(std::string{hex.substr(index, 2)}, nullptr, 16));
        buffer.commit(1);
    }
    return buffer.view();
}

BatchOptions options_of(const BatchHeader& header) {
    BatchOptions options;
    options.base_offset = header.base_offset;
    options.leader_epoch = header.leader_epoch;
    options.codec = *header.attributes.codec();
    if (header.attributes.timestamp_type() == TimestampType::kLogAppendTime) options.log_append_time = header.max_timestamp;
    options.base_timestamp = header.base_timestamp;
    options.producer_id = header.producer_id;
    options.producer_epoch = header.producer_epoch;
    options.base_sequence = header.base_sequence;
    options.is_transactional = header.attributes.is_transactional();
    options.is_control = header.attributes.is_control();
    return options;
}

// Reads every record of `batch` and builds it anew.
bytes::View rebuilt(const bytes::View& batch) {
    bytes::Codecs codecs;
    const auto header = BatchHeader::parse(batch.span()).value();
    const auto records = inflate_records(batch, header, codecs.decompressor, kPlenty).value();
    BatchBuilder builder{options_of(header)};
    RecordReader reader{records.span(), header.record_count};
    while (const auto record = reader.next().value()) {
        std::vector<RecordHeader> headers;
        for (auto left = record->headers; left.count_left() > 0;) headers.push_back(*left.next());
        builder.append({.timestamp = header.base_timestamp + record->timestamp_delta,
                        .key = record->key,
                        .value = record->value,
                        .headers = headers,
                        .offset_delta = record->offset_delta});
    }
    return builder.build(codecs.compressor).value();
}

TEST(BatchVectors, AreAllThere) { EXPECT_EQ(vectors().size(), kVectorCount); }

TEST(BatchVectors, BecomeTheirJsonToTheLetter) {
    for (const auto& [hex, json] : vectors()) {
        const auto decoded = batch_decode_line(hex);
        ASSERT_TRUE(decoded) << decoded.error().to_string();
        EXPECT_EQ(*decoded, json);
    }
}

TEST(BatchVectors, ComeBackFromTheBuilderByteForByteWhenNotCompressed) {
    std::size_t count = 0;
    for (const auto& [hex, json] : vectors()) {
        const auto batch = unhex(hex);
        if (BatchHeader::parse(batch.span())->attributes.codec() != bytes::Codec::kNone) continue;
        EXPECT_EQ(rebuilt(batch), batch) << json;
        ++count;
    }
    EXPECT_EQ(count, 20u);
}

TEST(BatchVectors, ComeBackFromTheBuilderWithEqualRecordsWhenCompressed) {
    for (const auto& [hex, json] : vectors()) {
        auto expected = nlohmann::json::parse(json);
        auto actual = nlohmann::json::parse(batch_to_json(rebuilt(unhex(hex))).value());
        for (const char* const field : {"crc", "sizeInBytes"}) {
            if (expected["compression"] == "none") continue;
            expected.erase(field);
            actual.erase(field);
        }
        EXPECT_EQ(actual, expected);
    }
}

// zlib, snappy and lz4 differ between versions; Kafka's lz4 blocks come out the same here, which shows frame and level.
TEST(BatchVectors, ComeBackByteForByteFromLz4) {
    for (const auto& [hex, json] : vectors()) {
        const auto batch = unhex(hex);
        if (BatchHeader::parse(batch.span())->attributes.codec() != bytes::Codec::kLz4) continue;
        EXPECT_EQ(rebuilt(batch), batch) << json;
    }
}

TEST(BatchVectors, AreRefusedWhenCutAnywhere) {
    for (const auto& [hex, json] : vectors()) {
        const auto batch = unhex(hex);
        for (std::size_t size = 0; size < batch.size(); ++size) {
            const auto cut = first_batch(batch.span().first(size));
            ASSERT_FALSE(cut) << size;
            EXPECT_EQ(cut.error().code, Errc::kMalformed);
        }
    }
}

TEST(BatchVectors, ShowEveryFlippedBit) {
    for (const auto& [hex, json] : vectors()) {
        const auto original = unhex(hex);
        if (original.size() > 1000) continue;
        const auto header = BatchHeader::parse(original.span()).value();
        std::vector<std::uint8_t> batch(original.data(), original.data() + original.size());
        for (std::size_t bit = 0; bit < batch.size() * 8; ++bit) {
            batch[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
            const auto found = first_batch(batch);
            const bool seen = !found || found->bytes.size() != batch.size() || !found->has_valid_crc();
            const auto byte = bit / 8;
            const bool stamped =
                byte < batch_field::kLength || (byte >= batch_field::kLeaderEpoch && byte < batch_field::kMagic);
            if (stamped) {
                // Outside the checksum, so that the broker can stamp them.
                EXPECT_TRUE(seen || found->header.base_offset != header.base_offset ||
                            found->header.leader_epoch != header.leader_epoch);
            } else {
                EXPECT_TRUE(seen) << "bit " << bit;
            }
            batch[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
        }
    }
}

TEST(BatchJson, TakesCapitalsAndBlanksAroundTheDigits) {
    auto hex = vectors().front().hex;
    for (auto& digit : hex) digit = static_cast<char>(std::toupper(static_cast<unsigned char>(digit)));
    EXPECT_EQ(batch_decode_line("  " + hex + " \r").value(), vectors().front().json);
}

TEST(BatchJson, RefusesWhatIsNoBatch) {
    const auto good = vectors().front().hex;
    for (const auto& bad : {std::string{}, std::string{" "}, std::string{"0"}, std::string{"zz"}, good + "00",
                            good.substr(2), "ff" + good, good.substr(0, good.size() - 2) + "00"}) {
        EXPECT_FALSE(batch_decode_line(bad)) << bad;
    }
}

TEST(BatchJson, EscapesHeaderKeys) {
    BatchBuilder builder{{}};
    const RecordHeader headers[] = {{"a\"\n\x01", std::nullopt}, {"\xff", std::nullopt}};
    builder.append({.timestamp = 1, .headers = headers});
    const auto json = batch_to_json(builder.build_plain().value()).value();
    EXPECT_NE(json.find(R"("headers":[["a\"\n\u0001",null],["�",null]])"), std::string::npos) << json;
}

}  // namespace
}  // namespace moldau::wire
