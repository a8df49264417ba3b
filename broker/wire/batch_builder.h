// Builds record batches: the broker's own (coordinators, metadata, markers), recompacted ones, and those of tests and tools.
//
// The bytes are those that Kafka's own builder makes for the same records, codecs' output aside. Lifetime: one batch each.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "bytes/buffer.h"
#include "bytes/codec.h"
#include "wire/record_batch.h"
#include "wire/record_reader.h"

namespace moldau::wire {

struct BatchOptions {
    Offset base_offset;
    LeaderEpoch leader_epoch = kNoLeaderEpoch;
    bytes::Codec codec = bytes::Codec::kNone;
    std::optional<int> codec_level;                 // nullopt: the codec's normal one
    std::optional<std::int64_t> log_append_time;    // set: the batch is of type LogAppendTime
    std::optional<std::int64_t> base_timestamp;     // nullopt: the first record's
    std::optional<std::int32_t> last_offset_delta;  // nullopt: the last record's; compaction keeps the old one
    std::optional<std::int64_t> delete_horizon;     // set: it takes the base timestamp's place (KIP-534)
    ProducerId producer_id = kNoProducerId;
    ProducerEpoch producer_epoch = kNoProducerEpoch;
    std::int32_t base_sequence = kNoSequence;
    bool is_transactional = false;
    bool is_control = false;
};

struct RecordInput {
    std::int64_t timestamp = kNoTimestamp;
    std::optional<bytes::Span> key;
    std::optional<bytes::Span> value;
    std::span<const RecordHeader> headers = {};
    std::optional<std::int32_t> offset_delta = {};  // nullopt: one more than the record before
};

class BatchBuilder {
public:
    explicit BatchBuilder(BatchOptions options) : options_(options) {}

    // Offset deltas ascend. A record may be as large as memory allows; build() says when the batch is not.
    void append(const RecordInput& record);
    // What is there so far, uncompressed, header included.
    std::size_t size_bytes() const { return kBatchHeaderBytes + records_.size(); }
    std::int32_t record_count() const { return record_count_; }
    bool empty() const { return record_count_ == 0; }

    // The whole batch in one piece. Errors: kRecordListTooLarge when its length does not fit in 31 bits.
    Result<bytes::View> build(bytes::Compressor& compressor) const;
    // The same without a codec, whatever the options say.
    Result<bytes::View> build_plain() const;

private:
    std::int64_t timestamp_base(const RecordInput& record);
    BatchHeader header() const;
    Result<bytes::View> assemble(BatchHeader header, bytes::Span records) const;

    BatchOptions options_;
    std::vector<std::uint8_t> records_;
    std::optional<std::int64_t> base_timestamp_;
    std::int64_t max_timestamp_ = kNoTimestamp;
    std::int32_t record_count_ = 0;
    std::int32_t last_offset_delta_ = -1;
};

// The marker that ends a transaction, as a control batch's record.
enum class ControlType : std::int16_t {
    kAbort = 0,
    kCommit = 1,
    kLeaderChange = 2,
    kSnapshotHeader = 3,
    kSnapshotFooter = 4,
};

struct EndTransactionMarker {
    ControlType type;
    std::int32_t coordinator_epoch = 0;
};

// Appends the marker's record to a builder whose options say is_control.
void append_marker(BatchBuilder& builder, EndTransactionMarker marker, std::int64_t timestamp);
// What kind of control record `record` is; numbers that are not known yet come back as they are, for the caller to skip.
// Errors: kInvalidRecord when the key is none of a control record.
Result<ControlType> control_type(const Record& record);
// Errors: kInvalidRecord when `record` is no commit or abort marker.
Result<EndTransactionMarker> parse_marker(const Record& record);

}  // namespace moldau::wire
