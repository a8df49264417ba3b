// Record batches, version 2: the unit that producers send, logs store and consumers get, verbatim.
//
// The problem: a broker must check and stamp a batch without touching its records, and the bytes come from outside. The
// idea: a header of fixed size is parsed by value; the two fields that the broker assigns lie outside the checksum, so
// stamping them costs nothing. Place: below everything that handles records. Grammar, with a worked example:
// docs/formats/record-batch.md.
//
//   batch   = base-offset:int64 length:int32 leader-epoch:int32 magic:int8(2) crc:uint32
//             attributes:int16 last-offset-delta:int32 base-timestamp:int64 max-timestamp:int64
//             producer-id:int64 producer-epoch:int16 base-sequence:int32 record-count:int32
//             records                                           all integers big endian
//   length  = bytes after the length field                      so the whole batch is length + 12
//   crc     = CRC-32C of all bytes from `attributes` to the end
//   records = record*, compressed as a whole when attributes name a codec (grammar: wire/record_reader.h)

#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "base/result.h"
#include "bytes/buffer.h"
#include "bytes/codec.h"

namespace moldau::wire {

namespace batch_field {  // where each field starts
inline constexpr std::size_t kBaseOffset = 0;
inline constexpr std::size_t kLength = 8;
inline constexpr std::size_t kLeaderEpoch = 12;
inline constexpr std::size_t kMagic = 16;
inline constexpr std::size_t kCrc = 17;
inline constexpr std::size_t kAttributes = 21;
inline constexpr std::size_t kLastOffsetDelta = 23;
inline constexpr std::size_t kBaseTimestamp = 27;
inline constexpr std::size_t kMaxTimestamp = 35;
inline constexpr std::size_t kProducerId = 43;
inline constexpr std::size_t kProducerEpoch = 51;
inline constexpr std::size_t kBaseSequence = 53;
inline constexpr std::size_t kRecordCount = 57;
}  // namespace batch_field

inline constexpr std::size_t kBatchHeaderBytes = 61;
inline constexpr std::size_t kBatchLengthOverhead = 12;  // base offset and length, which `length` does not count
inline constexpr std::int8_t kBatchMagic = 2;
inline constexpr std::int64_t kNoTimestamp = -1;
inline constexpr std::int32_t kNoSequence = -1;
inline constexpr ProducerEpoch kNoProducerEpoch{-1};

enum class TimestampType : std::uint8_t { kCreateTime = 0, kLogAppendTime = 1 };

// The bits of `attributes`. Unknown bits are kept.
struct BatchAttributes {
    std::int16_t bits = 0;

    static constexpr std::int16_t kCodecMask = 0x07;
    static constexpr std::int16_t kLogAppendTimeBit = 0x08;
    static constexpr std::int16_t kTransactionalBit = 0x10;
    static constexpr std::int16_t kControlBit = 0x20;
    static constexpr std::int16_t kDeleteHorizonBit = 0x40;

    // Nullopt for the numbers 5 to 7.
    std::optional<bytes::Codec> codec() const { return bytes::codec_from_number(bits & kCodecMask); }
    TimestampType timestamp_type() const {
        return has(kLogAppendTimeBit) ? TimestampType::kLogAppendTime : TimestampType::kCreateTime;
    }
    bool is_transactional() const { return has(kTransactionalBit); }
    bool is_control() const { return has(kControlBit); }
    // The base timestamp is when tombstones in the batch may go (KIP-534).
    bool has_delete_horizon() const { return has(kDeleteHorizonBit); }

    bool has(std::int16_t bit) const { return (bits & bit) != 0; }
    void set_codec(bytes::Codec codec) { bits = static_cast<std::int16_t>((bits & ~kCodecMask) | static_cast<int>(codec)); }
    void set(std::int16_t bit) { bits = static_cast<std::int16_t>(bits | bit); }
    void clear(std::int16_t bit) { bits = static_cast<std::int16_t>(bits & ~bit); }
    bool operator==(const BatchAttributes&) const = default;
};

// The header of a batch, by value.
// Invariants after parse(): magic is 2; length >= kBatchHeaderBytes - kBatchLengthOverhead; last_offset_delta >= 0;
// record_count >= 0; the last offset fits in 63 bits when base_offset >= 0.
struct BatchHeader {
    Offset base_offset;
    std::int32_t length = 0;
    LeaderEpoch leader_epoch = kNoLeaderEpoch;
    std::uint32_t crc = 0;
    BatchAttributes attributes;
    std::int32_t last_offset_delta = 0;
    std::int64_t base_timestamp = kNoTimestamp;
    std::int64_t max_timestamp = kNoTimestamp;
    ProducerId producer_id = kNoProducerId;
    ProducerEpoch producer_epoch = kNoProducerEpoch;
    std::int32_t base_sequence = kNoSequence;
    std::int32_t record_count = 0;

    // From the front of `bytes`, of which only the header need be there. Errors: kMalformed when it ends inside the
    // header; kUnsupportedForMessageFormat for the old formats, magic 0 and 1; kCorruptMessage for any other magic and
    // for lengths and counts that no batch can have.
    static Result<BatchHeader> parse(bytes::Span bytes);
    // All fields, with magic 2; `out` has room for kBatchHeaderBytes.
    void write(std::uint8_t* out) const;

    std::size_t size_bytes() const { return static_cast<std::size_t>(length) + kBatchLengthOverhead; }
    std::size_t records_bytes() const { return size_bytes() - kBatchHeaderBytes; }
    Offset last_offset() const { return base_offset + last_offset_delta; }
    Offset next_offset() const { return last_offset() + 1; }
    // The sequence number of the last record; numbers wrap from 2^31 - 1 to 0. kNoSequence without one.
    std::int32_t last_sequence() const;
    bool operator==(const BatchHeader&) const = default;
};

// One whole batch within other bytes.
struct BatchSpan {
    BatchHeader header;
    bytes::Span bytes;  // header.size_bytes() of them

    bytes::Span records() const { return bytes.subspan(kBatchHeaderBytes); }
    // Is the checksum that of the bytes?
    bool has_valid_crc() const;
};

// The batch at the front of `bytes`. Errors: as BatchHeader::parse, and kMalformed when the batch ends after `bytes` do.
Result<BatchSpan> first_batch(bytes::Span bytes);

// Walks over batches that follow one another. The bytes must outlive it.
class BatchIterator {
public:
    explicit BatchIterator(bytes::Span bytes) : bytes_(bytes) {}

    // The next batch, nullopt after the last. Errors: as first_batch(); then position() is where the bad one starts,
    // and every further call gives the same error.
    Result<std::optional<BatchSpan>> next();
    // Where the next batch starts.
    std::size_t position() const { return position_; }

private:
    bytes::Span bytes_;
    std::size_t position_ = 0;
};

// The checksum of a batch whose header and records lie apart.
std::uint32_t batch_crc(bytes::Span header, bytes::Span records);

// Stamps what the broker assigns; both lie outside the checksum. `header` is at least kBatchHeaderBytes, not shared
// with views.
void patch_base_offset(bytes::MutableSpan header, Offset base_offset);
void patch_leader_epoch(bytes::MutableSpan header, LeaderEpoch epoch);

}  // namespace moldau::wire
