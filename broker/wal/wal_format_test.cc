// The bytes of write-ahead files: nothing but whole groups of this use of the file is ever read.

#include "wal/wal_format.h"

#include <gtest/gtest.h>

#include <string>

#include "bytes/crc32c.h"
#include "bytes/endian.h"

namespace moldau::wal {
namespace {

WalPartition partition(int number) {
    Uuid topic;
    topic.bytes[15] = 7;
    return {TopicId{topic}, PartitionIndex{number}};
}

Entry batch(int number, std::int64_t base, std::int64_t end, const std::string& text) {
    return {EntryType::kBatch, partition(number), Offset{base}, Offset{end}, bytes::ChunkList{bytes::View::copy_of(text)}};
}

Entry truncation(int number, std::int64_t end) {
    return {EntryType::kTruncation, partition(number), Offset{end}, Offset{end}, {}};
}

// A file being put together as the lane writes it.
struct FileBytes {
    std::string bytes;
    std::uint64_t sequence = 5;
    std::uint64_t next_group = 3;

    explicit FileBytes(std::uint64_t use = 5) : sequence(use) {
        bytes = encode_file_header({.sequence = use, .lane = 1}).text();
    }
    FileBytes& group(const std::vector<Entry>& entries) {
        bytes += encode_group({sequence, next_group++, bytes.size()}, entries).flatten().text();
        return *this;
    }
    Result<ParsedFile> parse() const { return parse_file(bytes::View::copy_of(bytes)); }
};

FileBytes three_groups() {
    FileBytes file;
    file.group({batch(0, 0, 3, "one"), batch(1, 10, 11, std::string(5000, 'x'))});
    file.group({truncation(0, 2)});
    file.group({batch(0, 2, 4, "three")});
    return file;
}

TEST(WalFormat, ReadsBackWhatItWrote) {
    const auto file = three_groups().parse();
    ASSERT_TRUE(file);
    EXPECT_FALSE(file->damage);
    EXPECT_EQ(file->header.sequence, 5u);
    EXPECT_EQ(file->header.lane, 1u);
    EXPECT_EQ(file->first_group, 3u);
    EXPECT_EQ(file->last_group, 5u);
    ASSERT_EQ(file->entries.size(), 4u);
    EXPECT_EQ(file->entries[0].batch.text(), "one");
    EXPECT_EQ(file->entries[0].partition, partition(0));
    EXPECT_EQ(file->entries[0].end, Offset{3});
    EXPECT_EQ(file->entries[1].batch.size(), 5000u);
    EXPECT_EQ(file->entries[2].type, EntryType::kTruncation);
    EXPECT_EQ(file->entries[2].end, Offset{2});
    EXPECT_EQ(file->entries[3].base, Offset{2});
}

TEST(WalFormat, StartsEveryGroupOnABlock) { EXPECT_EQ(three_groups().bytes.size(), kBlockBytes * (1 + 2 + 1 + 1)); }

TEST(WalFormat, TakesWholeGroupsOnlyFromEveryPrefix) {
    const auto whole = three_groups();
    for (std::size_t length = 0; length < whole.bytes.size(); ++length) {
        auto cut = whole;
        cut.bytes.resize(length);
        const auto file = cut.parse();
        ASSERT_TRUE(file);
        EXPECT_FALSE(file->damage) << length;
        const std::size_t expected = length < kBlockBytes + 5131     ? 0
                                     : length < 3 * kBlockBytes + 84 ? 2
                                     : length < 4 * kBlockBytes + 89 ? 3
                                                                     : 4;
        ASSERT_EQ(file->entries.size(), expected) << length;
    }
}

TEST(WalFormat, NeverTakesAFlippedBitForData) {
    const auto whole = three_groups();
    for (std::size_t position = kBlockBytes; position < 3 * kBlockBytes; position += position < kBlockBytes + 256 ? 1 : 37) {
        auto flipped = whole;
        flipped.bytes[position] = static_cast<char>(flipped.bytes[position] ^ 0x10);
        const auto file = flipped.parse();
        ASSERT_TRUE(file);
        const bool in_padding = position >= kBlockBytes + 5131;
        EXPECT_EQ(file->entries.size(), in_padding ? 4u : 0u) << position;
        EXPECT_EQ(file->damage.has_value(), !in_padding) << "a whole group follows the broken one, at " << position;
    }
}

TEST(WalFormat, TakesATornLastGroupForACrash) {
    auto torn = three_groups();
    torn.bytes[4 * kBlockBytes + 85] ^= 1;
    const auto file = torn.parse();
    ASSERT_TRUE(file);
    EXPECT_EQ(file->entries.size(), 3u);
    EXPECT_FALSE(file->damage);
}

TEST(WalFormat, ForgetsWhatAnEarlierUseLeftBehindTheEnd) {
    FileBytes file{6};
    file.group({batch(0, 100, 101, "new")});
    file.bytes += three_groups().bytes.substr(file.bytes.size());
    const auto parsed = file.parse();
    ASSERT_TRUE(parsed);
    ASSERT_EQ(parsed->entries.size(), 1u);
    EXPECT_EQ(parsed->entries[0].batch.text(), "new");
    EXPECT_FALSE(parsed->damage);
}

TEST(WalFormat, RefusesAGroupAtAnotherPosition) {
    FileBytes file;
    const auto group = encode_group({file.sequence, 3, kBlockBytes}, {batch(0, 0, 1, "x")}).flatten();
    FileBytes moved = file;
    moved.bytes += std::string(kBlockBytes, '\0');
    moved.bytes += group.text();
    const auto parsed = moved.parse();
    ASSERT_TRUE(parsed);
    EXPECT_TRUE(parsed->entries.empty());
    EXPECT_FALSE(parsed->damage);
}

TEST(WalFormat, ReportsAGroupThatIsMissingBetweenTwo) {
    FileBytes file;
    file.group({batch(0, 0, 1, "a")});
    ++file.next_group;
    file.group({batch(0, 2, 3, "c")});
    file.group({batch(0, 3, 4, "d")});
    const auto parsed = file.parse();
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->entries.size(), 1u);
    EXPECT_TRUE(parsed->damage);
}

TEST(WalFormat, ReadsGroupsBehindABrokenHeaderAndSaysSo) {
    auto file = three_groups();
    file.bytes[20] ^= 4;
    const auto parsed = file.parse();
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->entries.size(), 4u);
    EXPECT_EQ(parsed->header.sequence, 5u);
    EXPECT_TRUE(parsed->damage);
}

TEST(WalFormat, HasNothingInAFreeOrBlankFile) {
    auto file = three_groups();
    file.bytes.replace(0, kBlockBytes, encode_file_header({.sequence = 0, .lane = 1}).text());
    EXPECT_TRUE(file.parse()->entries.empty());
    file.bytes.replace(0, kBlockBytes, std::string(kBlockBytes, '\0'));
    EXPECT_TRUE(file.parse()->entries.empty());
    EXPECT_FALSE(file.parse()->damage);
}

TEST(WalFormat, RefusesANewerVersion) {
    auto file = three_groups();
    bytes::store_be<std::uint16_t>(reinterpret_cast<std::uint8_t*>(file.bytes.data()) + 8, kFormatVersion + 1);
    const auto crc = bytes::crc32c(bytes::View::copy_of(file.bytes.substr(0, 24)).span());
    bytes::store_be(reinterpret_cast<std::uint8_t*>(file.bytes.data()) + 24, crc);
    const auto parsed = file.parse();
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, Errc::kNewerFormat);
}

TEST(WalFormat, RefusesEntriesThatLieUnderAGoodChecksum) {
    // type, base, end, length of the first entry
    for (const auto& [position, value] : {std::pair{40, 9}, std::pair{64, 0x80}, std::pair{72, 0x80}, std::pair{80, 1}}) {
        FileBytes file;
        file.group({batch(0, 0, 3, "one")});
        auto* group = reinterpret_cast<std::uint8_t*>(file.bytes.data()) + kBlockBytes;
        group[position] = static_cast<std::uint8_t>(value);
        const auto length = bytes::load_be<std::uint32_t>(group + 32);
        bytes::store_be(group + 4, bytes::crc32c({group + 8, length - 8}));
        const auto parsed = file.parse();
        ASSERT_TRUE(parsed);
        EXPECT_TRUE(parsed->entries.empty()) << position;
        EXPECT_TRUE(parsed->damage) << position;
    }
}

// The worked example of docs/formats/write-ahead-log.md.
TEST(WalFormat, KeepsTheBytesOfTheWorkedExample) {
    const auto group =
        encode_group({.sequence = 0x100000001, .number = 1, .position = kBlockBytes}, {batch(3, 41, 42, "abc")}).flatten();
    std::string hex;
    for (std::size_t index = 0; index < kGroupHeadBytes + kEntryHeadBytes + 3; ++index) {
        constexpr const char* kDigits = "0123456789abcdef";
        hex += kDigits[group.data()[index] >> 4];
        hex += kDigits[group.data()[index] & 15];
    }
    EXPECT_EQ(hex,
              "4d475250"
              "4fff270d"
              "0000000100000001"
              "0000000000000001"
              "0000000000001000"
              "00000057"
              "00000001"
              "01000000"
              "00000003"
              "00000000000000000000000000000007"
              "0000000000000029"
              "000000000000002a"
              "00000003"
              "616263");
}

}  // namespace
}  // namespace moldau::wal
