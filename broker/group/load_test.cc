// Records back into groups.

#include <gtest/gtest.h>

#include "group/records.h"
#include "group/shard.h"

namespace moldau::group {
namespace {

CommittedOffset offset_of(std::int64_t offset) {
    CommittedOffset value;
    value.offset = offset;
    return value;
}

wire::GroupMetadataValue two_members(const std::string& first, const std::string& second) {
    wire::GroupMetadataValue value;
    value.protocol_type = "consumer";
    value.protocol = "range";
    value.leader = "nobody";
    for (const auto& id : {first, second}) {
        auto& member = value.members.emplace_back();
        member.member_id = id;
        member.session_timeout = -5;
    }
    return value;
}

TEST(Replay, RefusesGroupsThatCannotBe) {
    Shard shard{ShardOptions{}};
    const auto replay = [&](const wire::GroupMetadataValue& value) {
        const auto record = group_record("g", value);
        return shard.replay(record.key, record.value);
    };
    auto without_protocol = two_members("a", "b");
    without_protocol.protocol.reset();
    auto negative = two_members("a", "b");
    negative.generation = -1;
    auto same_instance = two_members("a", "b");
    for (auto& member : same_instance.members) member.group_instance_id = "i";
    EXPECT_EQ(replay(two_members("a", "a")).error().code, Errc::kCorrupt);
    EXPECT_EQ(replay(without_protocol).error().code, Errc::kCorrupt);
    EXPECT_EQ(replay(negative).error().code, Errc::kCorrupt);
    EXPECT_EQ(replay(same_instance).error().code, Errc::kCorrupt);
    EXPECT_EQ(shard.group_count(), 0u);
}

TEST(Replay, MakesAMemberLeadWhenTheLeaderIsNone) {
    Shard shard{ShardOptions{}};
    const auto record = group_record("g", two_members("a", "b"));
    ASSERT_TRUE(shard.replay(record.key, record.value).has_value());
    EXPECT_EQ(shard.find("g")->leader(), "a");
}

TEST(Replay, LastRecordCounts) {
    Shard shard{ShardOptions{}};
    const auto replay = [&](const Record& record) { ASSERT_TRUE(shard.replay(record.key, record.value).has_value()); };
    replay(offset_record("g", "t", 0, offset_of(1)));
    replay(offset_record("g", "t", 0, offset_of(2)));
    replay(offset_record("g", "u", 0, offset_of(3)));
    replay(offset_tombstone("g", "u", 0));
    replay(offset_tombstone("nobody", "u", 0));
    replay(group_tombstone("nobody"));
    replay(group_record("h", two_members("a", "b")));
    replay(group_tombstone("h"));
    ASSERT_EQ(shard.group_count(), 1u);
    EXPECT_EQ(shard.find("g")->offsets().find("t", 0)->committed->offset, 2);
    EXPECT_EQ(shard.find("g")->offsets().size(), 1u);
}

TEST(Replay, SkipsForeignRecordsAndRecordsWithoutKey) {
    Shard shard{ShardOptions{}};
    EXPECT_TRUE(shard.replay(std::nullopt, bytes::View::copy_of("x")).has_value());
    EXPECT_TRUE(shard.replay(bytes::View::copy_of(std::string_view{"\0\3\0\1g", 5}), bytes::View::copy_of("x")).has_value());
    EXPECT_EQ(shard.group_count(), 0u);
}

}  // namespace
}  // namespace moldau::group
