// The bytes of `__consumer_offsets`, group hashes, and slots of offsets.

#include "group/records.h"

#include <gtest/gtest.h>

#include "group/partition.h"
#include "group/subscription.h"
#include "group/transcript_test.h"

namespace moldau::group {
namespace {

std::string hex(const bytes::View& view) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : view.span()) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 0xf];
    }
    return text;
}

bytes::View from_hex(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
        out += static_cast<char>(std::stoi(std::string{text.substr(at, 2)}, nullptr, 16));
    }
    return bytes::View::copy_of(out);
}

CommittedOffset offset_of(std::int64_t offset) {
    CommittedOffset value;
    value.offset = offset;
    value.leader_epoch = 5;
    value.metadata = "m";
    value.commit_timestamp = 1000;
    return value;
}

TEST(Partition, IsJavasHashOfTheGroupId) {
    EXPECT_EQ(java_hash(""), 0);
    EXPECT_EQ(java_hash("hello"), 99162322);
    EXPECT_EQ(java_hash("console-consumer-12345"), [] {
        std::uint32_t hash = 0;
        for (const char c : std::string_view{"console-consumer-12345"}) hash = hash * 31 + static_cast<std::uint32_t>(c);
        return static_cast<std::int32_t>(hash);
    }());
    EXPECT_EQ(java_hash("é"), 0xe9);
    EXPECT_EQ(java_hash("\xf0\x9f\x98\x80"), 0xd83d * 31 + 0xde00);  // one character, two units
    EXPECT_EQ(java_hash("\xff"), 0xfffd);
    EXPECT_EQ(java_hash("\xe2\x82"), 0xfffd * 31 + 0xfffd);
    EXPECT_EQ(partition_for("hello", 50), PartitionIndex{99162322 % 50});
}

TEST(Partition, IsNeverNegative) {
    EXPECT_EQ(java_hash("polygenelubricants"), INT32_MIN);  // known for hashing to the smallest number
    EXPECT_EQ(partition_for("polygenelubricants", 50), PartitionIndex{0});
    ASSERT_LT(java_hash("group-42x"), 0) << "choose another name";
    EXPECT_EQ(partition_for("group-42x", 50), PartitionIndex{-java_hash("group-42x") % 50});
}

TEST(Partition, CountsTextInUtf16Units) {
    EXPECT_EQ(utf16_length("abc"), 3u);
    EXPECT_EQ(utf16_length("é€"), 2u);
    EXPECT_EQ(utf16_length("\xf0\x9f\x98\x80"), 2u);
    EXPECT_EQ(utf16_length("\xed\xa0\x80"), 3u);  // a surrogate is no character in UTF-8
}

TEST(Records, OffsetIsVersionThree) {
    const auto record = offset_record("g", "t", 7, offset_of(12));
    EXPECT_EQ(hex(record.key),
              "0001"
              "000167"
              "000174"
              "00000007");
    EXPECT_EQ(hex(*record.value),
              "0003"
              "000000000000000c"
              "00000005"
              "00016d"
              "00000000000003e8");
}

TEST(Records, OffsetWithItsOwnRetentionIsVersionOne) {
    auto offset = offset_of(12);
    offset.expire_timestamp = 2000;
    EXPECT_EQ(hex(*offset_record("g", "t", 7, offset).value),
              "0001"
              "000000000000000c"
              "00016d"
              "00000000000003e8"
              "00000000000007d0");
}

TEST(Records, OffsetWithTopicIdIsVersionFour) {
    auto offset = offset_of(12);
    offset.topic_id.bytes[15] = 1;
    const auto record = offset_record("g", "t", 7, offset);
    EXPECT_EQ(hex(*record.value),
              "0004"
              "000000000000000c"
              "00000005"
              "026d"
              "00000000000003e8"
              "01"
              "0010"
              "00000000000000000000000000000001");
    EXPECT_EQ(*decode_offset_value(*record.value), offset);
}

TEST(Records, GroupIsVersionThree) {
    wire::GroupMetadataValue value;
    value.protocol_type = "consumer";
    value.generation = 2;
    value.protocol = "range";
    value.leader = "a";
    value.current_state_timestamp = 1000;
    auto& member = value.members.emplace_back();
    member.member_id = "a";
    member.client_id = "c";
    member.client_host = "/h";
    member.rebalance_timeout = 60000;
    member.session_timeout = 10000;
    member.subscription = bytes::View::copy_of("s");
    member.assignment = bytes::View::copy_of("p");
    const auto record = group_record("g", value);
    EXPECT_EQ(hex(record.key),
              "0002"
              "000167");
    EXPECT_EQ(hex(*record.value),
              "0003"
              "0008636f6e73756d6572"
              "00000002"
              "000572616e6765"
              "000161"
              "00000000000003e8"
              "00000001"
              "000161"
              "ffff"
              "000163"
              "00022f68"
              "0000ea60"
              "00002710"
              "0000000173"
              "0000000170");
    EXPECT_EQ(*decode_group_value(*record.value), value);
}

TEST(Records, TombstonesHaveNoValue) {
    EXPECT_FALSE(offset_tombstone("g", "t", 7).value.has_value());
    EXPECT_EQ(hex(offset_tombstone("g", "t", 7).key), hex(offset_record("g", "t", 7, offset_of(1)).key));
    EXPECT_FALSE(group_tombstone("g").value.has_value());
}

TEST(Records, OldVersionsAreRead) {
    const auto oldest =
        decode_offset_value(from_hex("0000"
                                     "000000000000000c"
                                     "00016d"
                                     "00000000000003e8"));
    ASSERT_TRUE(oldest.has_value());
    EXPECT_EQ(oldest->offset, 12);
    EXPECT_EQ(oldest->leader_epoch, -1);
    EXPECT_FALSE(oldest->expire_timestamp.has_value());
    const auto group =
        decode_group_value(from_hex("0000"
                                    "0008636f6e73756d6572"
                                    "00000002"
                                    "ffff"
                                    "ffff"
                                    "00000000"));
    ASSERT_TRUE(group.has_value());
    EXPECT_EQ(group->current_state_timestamp, -1);
    EXPECT_TRUE(
        std::holds_alternative<OffsetRecordKey>(*decode_key(from_hex("0000"
                                                                     "000167"
                                                                     "000174"
                                                                     "00000007"))));
}

TEST(Records, ForeignKeysAreTold) {
    const auto key =
        decode_key(from_hex("0003"
                            "000167"));
    ASSERT_TRUE(key.has_value());
    EXPECT_EQ(std::get<ForeignRecordKey>(*key).type, 3);
}

TEST(Records, DamageIsTold) {
    EXPECT_EQ(decode_key(from_hex("")).error().code, Errc::kCorrupt);
    EXPECT_EQ(decode_key(from_hex("00")).error().code, Errc::kCorrupt);
    EXPECT_EQ(decode_key(from_hex("0001"
                                  "000567"))
                  .error()
                  .code,
              Errc::kCorrupt);
    EXPECT_EQ(decode_key(from_hex("0002"
                                  "000167"
                                  "00"))
                  .error()
                  .code,
              Errc::kCorrupt);
    EXPECT_EQ(decode_offset_value(from_hex("0003"
                                           "00"))
                  .error()
                  .code,
              Errc::kCorrupt);
    EXPECT_EQ(decode_offset_value(from_hex("0005")).error().code, Errc::kNewerFormat);
    EXPECT_EQ(decode_group_value(from_hex("ffff")).error().code, Errc::kCorrupt);
}

TEST(OffsetTable, EndsOfWritesApplyInTheirOrder) {
    OffsetTable table;
    table.begin("t", 0, WriteId{1}, offset_of(1));
    table.begin("t", 0, WriteId{2}, std::nullopt);
    table.begin("t", 0, WriteId{3}, offset_of(3));
    EXPECT_FALSE(table.find("t", 0)->committed.has_value());
    table.commit("t", 0, WriteId{1});
    EXPECT_EQ(table.find("t", 0)->committed->offset, 1);
    table.commit("t", 0, WriteId{2});
    EXPECT_FALSE(table.find("t", 0)->committed.has_value());
    table.roll_back("t", 0, WriteId{3});
    EXPECT_TRUE(table.empty());
}

TEST(OffsetTable, LastWordOfOneWriteCounts) {
    OffsetTable table;
    table.begin("t", 0, WriteId{1}, offset_of(1));
    table.begin("t", 0, WriteId{1}, offset_of(2));
    table.commit("t", 0, WriteId{1});
    EXPECT_EQ(table.find("t", 0)->committed->offset, 2);
    EXPECT_TRUE(table.find("t", 0)->in_flight.empty());
}

TEST(Subscription, NamesTopicsInEveryVersion) {
    EXPECT_EQ(*subscribed_topics(subscription_to("a,bc")), (std::vector<std::string>{"a", "bc"}));
    EXPECT_EQ(*subscribed_topics(from_hex("0009"
                                          "00000001"
                                          "000161"
                                          "deadbeef")),
              std::vector<std::string>{"a"});
    EXPECT_FALSE(subscribed_topics(from_hex("0001"
                                            "00ffffff"
                                            "000161"))
                     .has_value());
    EXPECT_FALSE(subscribed_topics(from_hex("ffff"
                                            "00000000"))
                     .has_value());
    EXPECT_FALSE(subscribed_topics(from_hex("0001"
                                            "ffffffff"))
                     .has_value());
    EXPECT_FALSE(subscribed_topics(bytes::View{}).has_value());
}

}  // namespace
}  // namespace moldau::group
