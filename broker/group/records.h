// Records of `__consumer_offsets` in Kafka's format, byte for byte (docs/formats/consumer-offsets.md): written so that
// Kafka's tools read them, read so that nothing in a log can harm us.
//
//   key   := version int16 (0, 1: offset; 2: group metadata; others belong to other group types), fields of that key
//   value := version int16, fields of that version; null: tombstone

#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/result.h"
#include "group/offsets.h"
#include "group/outputs.h"
#include "wire/coordinator_records.h"

namespace moldau::group {

Record offset_record(const std::string& group_id, const std::string& topic, std::int32_t partition,
                     const CommittedOffset& offset);
Record offset_tombstone(const std::string& group_id, const std::string& topic, std::int32_t partition);
Record group_record(const std::string& group_id, const wire::GroupMetadataValue& value);
Record group_tombstone(const std::string& group_id);

struct OffsetRecordKey {
    std::string group_id;
    std::string topic;
    std::int32_t partition = 0;
};
struct GroupRecordKey {
    std::string group_id;
};
// A record type that classic groups do not use.
struct ForeignRecordKey {
    std::int16_t type = 0;
};
using RecordKey = std::variant<OffsetRecordKey, GroupRecordKey, ForeignRecordKey>;

// Errors: kCorrupt when the bytes do not follow the grammar, kNewerFormat for a version of a value that is not known.
Result<RecordKey> decode_key(const bytes::View& key);
Result<CommittedOffset> decode_offset_value(const bytes::View& value);
Result<wire::GroupMetadataValue> decode_group_value(const bytes::View& value);

}  // namespace moldau::group
