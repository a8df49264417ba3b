// Producer states as a file, in Kafka's format, so that starting need not read the whole log
// (docs/formats/producer-snapshot.md).
//
//   file  = version:int16(1) crc:uint32 count:int32 entry*       big endian; crc = CRC-32C of all that follows it
//   entry = producer-id:int64 epoch:int16 last-sequence:int32 last-offset:int64 offset-delta:int32 timestamp:int64
//           coordinator-epoch:int32 transaction-first-offset:int64

#pragma once

#include <vector>

#include "base/result.h"
#include "bytes/buffer.h"
#include "producers/producer_states.h"

namespace moldau::producers {

bytes::View encode_producer_snapshot(const std::vector<ProducerEntry>& entries);
// Errors: kNewerFormat, kCorrupt.
Result<std::vector<ProducerEntry>> decode_producer_snapshot(bytes::Span file);

}  // namespace moldau::producers
