// Keys and values of `__consumer_offsets`: the version in front, the generated messages behind it.

#include "group/records.h"

#include <utility>

#include "base/check.h"
#include "wire/decoder.h"
#include "wire/encoder.h"

namespace moldau::group {
namespace {

constexpr std::int16_t kLegacyOffsetKey = 0;
constexpr std::int16_t kOffsetKey = 1;
constexpr std::int16_t kGroupKey = 2;
constexpr std::int16_t kGroupValueVersion = 3;

// What requests carry fits into records by the limits on strings; a failure here is our own mistake.
template <class Message>
bytes::View encode(std::int16_t prefix, const Message& message, std::int16_t version) {
    wire::Encoder out;
    out.write_int16(prefix);
    message.encode(out, version);
    auto chunks = out.finish();
    CHECK(chunks.has_value());
    return chunks->flatten();
}

Error corrupt(const char* what, const Error& cause) {
    return Error{Errc::kCorrupt, std::string{what} + ": " + cause.to_string()};
}

template <class Message>
Result<Message> decode_rest(wire::Decoder& in, std::int16_t version, const char* what) {
    auto message = Message::decode(in, version);
    if (!message) return fail(corrupt(what, message.error()));
    if (auto end = in.expect_end(); !end) return fail(corrupt(what, end.error()));
    return message;
}

template <class Message>
Result<Message> decode_value(const bytes::View& value, std::int16_t& version, const char* what) {
    wire::Decoder in{value};
    version = in.read_int16("version");
    if (!in.ok()) return fail(corrupt(what, in.error()));
    if (version < Message::kVersionMin)
        return fail(Errc::kCorrupt, std::string{what} + " has version " + std::to_string(version));
    if (version > Message::kVersionMax) {
        return fail(Errc::kNewerFormat, std::string{what} + " has version " + std::to_string(version));
    }
    return decode_rest<Message>(in, version, what);
}

// A retention of its own exists only in version 1; topic ids from 4 on. Version 3 is what every tool since Kafka 2.1 reads.
std::int16_t offset_value_version(const CommittedOffset& offset) {
    if (offset.expire_timestamp) return 1;
    return offset.topic_id.is_zero() ? std::int16_t{3} : std::int16_t{4};
}

}  // namespace

Record offset_tombstone(const std::string& group_id, const std::string& topic, std::int32_t partition) {
    wire::OffsetCommitKey key;
    key.group = group_id;
    key.topic = topic;
    key.partition = partition;
    return {encode(kOffsetKey, key, 0), std::nullopt};
}

Record offset_record(const std::string& group_id, const std::string& topic, std::int32_t partition,
                     const CommittedOffset& offset) {
    const std::int16_t version = offset_value_version(offset);
    wire::OffsetCommitValue value;
    value.offset = offset.offset;
    value.leader_epoch = offset.leader_epoch;
    value.metadata = offset.metadata;
    value.commit_timestamp = offset.commit_timestamp;
    value.expire_timestamp = offset.expire_timestamp.value_or(-1);
    value.topic_id = offset.topic_id;
    auto record = offset_tombstone(group_id, topic, partition);
    record.value = encode(version, value, version);
    return record;
}

Record group_tombstone(const std::string& group_id) {
    wire::GroupMetadataKey key;
    key.group = group_id;
    return {encode(kGroupKey, key, 0), std::nullopt};
}

Record group_record(const std::string& group_id, const wire::GroupMetadataValue& value) {
    auto record = group_tombstone(group_id);
    record.value = encode(kGroupValueVersion, value, kGroupValueVersion);
    return record;
}

Result<RecordKey> decode_key(const bytes::View& key) {
    wire::Decoder in{key};
    const std::int16_t type = in.read_int16("type");
    if (!in.ok()) return fail(corrupt("a record's key", in.error()));
    if (type == kLegacyOffsetKey || type == kOffsetKey) {
        MOLDAU_TRY_ASSIGN(message, decode_rest<wire::OffsetCommitKey>(in, 0, "an offset's key"));
        return OffsetRecordKey{std::move(message.group), std::move(message.topic), message.partition};
    }
    if (type == kGroupKey) {
        MOLDAU_TRY_ASSIGN(message, decode_rest<wire::GroupMetadataKey>(in, 0, "a group's key"));
        return GroupRecordKey{std::move(message.group)};
    }
    return ForeignRecordKey{type};
}

Result<CommittedOffset> decode_offset_value(const bytes::View& value) {
    std::int16_t version = 0;
    MOLDAU_TRY_ASSIGN(message, decode_value<wire::OffsetCommitValue>(value, version, "an offset's value"));
    CommittedOffset offset;
    offset.offset = message.offset;
    offset.leader_epoch = message.leader_epoch;
    offset.metadata = std::move(message.metadata);
    offset.commit_timestamp = message.commit_timestamp;
    if (message.expire_timestamp != -1) offset.expire_timestamp = message.expire_timestamp;
    offset.topic_id = message.topic_id;
    return offset;
}

Result<wire::GroupMetadataValue> decode_group_value(const bytes::View& value) {
    std::int16_t version = 0;
    return decode_value<wire::GroupMetadataValue>(value, version, "a group's value");
}

}  // namespace moldau::group
