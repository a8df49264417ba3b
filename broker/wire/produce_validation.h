// Decides whether a produced batch may enter a partition's log, and makes it ready to be stamped and appended.
//
// The problem: whatever gets into the log, every consumer and every later compaction must be able to read, so a batch
// is checked to its last byte, inside compression too, and that on the hottest path. The idea: one pass over the
// records without keeping or allocating anything per record; an acceptable batch is passed on as the view it came in,
// beside a private copy of its 61 header bytes. Only where the topic asks for it (LogAppendTime, another codec) or the
// maximum timestamp is wrong, the header is written anew, and only for another codec the records.
//
// Place: called by the produce handler before the batch goes to its partition's core; the log stamps and appends what
// comes out. Rules and error codes follow Kafka's produce requests from version 3 on; docs/formats/record-batch.md
// lists the deviations.

#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "bytes/buffer.h"
#include "bytes/codec.h"
#include "wire/record_batch.h"

namespace moldau::wire {

// Who wrote the batch: control batches and base offsets are the brokers' own.
enum class BatchOrigin : std::uint8_t { kClient, kCoordinator };

// The topic's settings as far as they matter here; defaults are Kafka's.
struct ValidationOptions {
    WallTime now;
    BatchOrigin origin = BatchOrigin::kClient;
    std::int16_t produce_version = 13;  // zstd needs 7
    TimestampType timestamp_type = TimestampType::kCreateTime;
    std::int64_t timestamp_before_max_ms = std::numeric_limits<std::int64_t>::max();
    std::int64_t timestamp_after_max_ms = 3'600'000;
    bool is_compacted = false;                                 // every record needs a key
    std::size_t batch_bytes_max = 1'048'588;                   // max.message.bytes
    std::optional<bytes::Codec> codec;                         // compression.type; nullopt is "producer"
    std::optional<int> codec_level;                            // for `codec`; nullopt: its normal one
    std::size_t record_bytes_max = 2'147'483'639;              // max.decompressed.message.bytes, in compressed batches
    std::size_t inflated_bytes_max = std::size_t{256} << 20;   // of a whole compressed batch; bounds time, not memory
    std::size_t recompress_bytes_max = std::size_t{64} << 20;  // of a batch that must change its codec; bounds memory
};

struct RecordError {
    std::int32_t batch_index;  // the record's place in its batch
    std::string message;
    bool operator==(const RecordError&) const = default;
};

// `error.code` is one of Kafka's. Record errors are bounded by kRecordErrorsMax; `error.context` says how many there were.
struct ValidationError {
    Error error;
    std::vector<RecordError> record_errors;
};

inline constexpr std::size_t kRecordErrorsMax = 100;

// A batch that may be appended. A value; the records are shared with whoever else views them and never written to.
struct ValidatedBatch {
    BatchHeader header;                                        // base offset and leader epoch are still the producer's
    std::array<std::uint8_t, kBatchHeaderBytes> header_bytes;  // header, as bytes
    bytes::View records;

    std::size_t size_bytes() const { return header_bytes.size() + records.size(); }
    // The batch as the log stores it: a new header, then the records uncopied, unless they are so short that a copy is
    // cheaper than the memory that a view on them would keep alive.
    bytes::ChunkList stamped(Offset base_offset, LeaderEpoch epoch) const;
};

// Keeps what validation reuses from batch to batch. Thread: one (one per core). Holds contexts and a window of 64 KiB
// once it has met a compressed batch, nothing before.
class ProduceValidator {
public:
    // `records` is one partition's part of a produce request. Errors, by Errc: kInvalidRecord (none or several batches,
    // old formats, counts, deltas, structure, keys, control batches, producer fields), kCorruptMessage (checksum,
    // magic, lengths), kMessageTooLarge, kInvalidTimestamp, kUnsupportedCompressionType.
    std::expected<ValidatedBatch, ValidationError> validate_for_append(const bytes::View& records,
                                                                       const ValidationOptions& options);

    bytes::Codecs& codecs() { return codecs_; }

private:
    struct Plan;
    std::optional<ValidationError> check_records(Plan& plan);
    std::optional<ValidationError> check_while_inflating(Plan& plan);
    std::optional<ValidationError> change_codec(Plan& plan);

    bytes::Codecs codecs_;
    std::vector<std::uint8_t> window_;
};

}  // namespace moldau::wire
