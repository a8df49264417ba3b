// The records of the metadata log, as values, and their framing.
//
// The idea: the state changes by these and nothing else (metadata/schema/*.msg declares them). Framing as in Kafka's log:
//
//   value         = frame-version:uvarint(1) type:uvarint version:uvarint body
//
// Types and versions that this build does not know are refused, never skipped: a record that is passed over would make this
// broker's state differ from the others'. Docs: docs/formats/metadata-log.md.

#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "bytes/buffer.h"
#include "metadata/broker_records.h"
#include "metadata/cluster_records.h"
#include "metadata/topic_records.h"

namespace moldau::metadata {

using AnyRecord =
    std::variant<ClusterRecord, FeatureLevelRecord, RegisterBrokerRecord, UnregisterBrokerRecord, BrokerChangeRecord,
                 TopicRecord, PartitionRecord, PartitionChangeRecord, RemoveTopicRecord, ConfigRecord, ProducerIdsRecord>;

inline constexpr std::uint32_t kFrameVersion = 1;

std::string_view record_name(const AnyRecord& record);

// In the newest version. Errors: kInvalidRequest when a text is too long for the protocol.
Result<bytes::View> encode_record(const AnyRecord& record);
// Errors: kNewerFormat for a frame, type or version that is not known; kCorrupt for bytes that do not follow the grammar.
Result<AnyRecord> decode_record(const bytes::View& value);

}  // namespace moldau::metadata
