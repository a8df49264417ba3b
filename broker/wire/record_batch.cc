// Parsing, writing and checksums of batch headers.

#include "wire/record_batch.h"

#include <limits>

#include "bytes/crc32c.h"
#include "bytes/endian.h"

namespace moldau::wire {

namespace {

using bytes::load_be;
using bytes::store_be;

constexpr std::size_t kCrcStart = batch_field::kAttributes;
constexpr std::int32_t kLengthMin = kBatchHeaderBytes - kBatchLengthOverhead;

Result<void> check_magic(std::int8_t magic) {
    if (magic == kBatchMagic) return {};
    if (magic == 0 || magic == 1) {
        return fail(Errc::kUnsupportedForMessageFormat, "old record format, magic " + std::to_string(magic));
    }
    return fail(Errc::kCorruptMessage, "unknown magic " + std::to_string(magic));
}

Result<void> check_ranges(const BatchHeader& header) {
    if (header.length < kLengthMin) {
        return fail(Errc::kCorruptMessage, "batch length " + std::to_string(header.length) + " is less than a header");
    }
    if (header.last_offset_delta < 0 || header.record_count < 0) {
        return fail(Errc::kCorruptMessage, "last offset delta " + std::to_string(header.last_offset_delta) + " with " +
                                               std::to_string(header.record_count) + " records");
    }
    if (header.base_offset.value > std::numeric_limits<std::int64_t>::max() - header.last_offset_delta - 1) {
        return fail(Errc::kCorruptMessage, "offsets beyond the last possible one");
    }
    return {};
}

}  // namespace

Result<BatchHeader> BatchHeader::parse(bytes::Span bytes) {
    namespace field = batch_field;
    if (bytes.size() <= field::kMagic) return fail(Errc::kMalformed, "ends before a batch's magic");
    const std::uint8_t* data = bytes.data();
    MOLDAU_TRY(check_magic(load_be<std::int8_t>(data + field::kMagic)));
    if (bytes.size() < kBatchHeaderBytes) return fail(Errc::kMalformed, "ends inside a batch's header");

    BatchHeader header;
    header.base_offset = Offset{load_be<std::int64_t>(data + field::kBaseOffset)};
    header.length = load_be<std::int32_t>(data + field::kLength);
    header.leader_epoch = LeaderEpoch{load_be<std::int32_t>(data + field::kLeaderEpoch)};
    header.crc = load_be<std::uint32_t>(data + field::kCrc);
    header.attributes.bits = load_be<std::int16_t>(data + field::kAttributes);
    header.last_offset_delta = load_be<std::int32_t>(data + field::kLastOffsetDelta);
    header.base_timestamp = load_be<std::int64_t>(data + field::kBaseTimestamp);
    header.max_timestamp = load_be<std::int64_t>(data + field::kMaxTimestamp);
    header.producer_id = ProducerId{load_be<std::int64_t>(data + field::kProducerId)};
    header.producer_epoch = ProducerEpoch{load_be<std::int16_t>(data + field::kProducerEpoch)};
    header.base_sequence = load_be<std::int32_t>(data + field::kBaseSequence);
    header.record_count = load_be<std::int32_t>(data + field::kRecordCount);
    MOLDAU_TRY(check_ranges(header));
    return header;
}

void BatchHeader::write(std::uint8_t* out) const {
    namespace field = batch_field;
    store_be(out + field::kBaseOffset, base_offset.value);
    store_be(out + field::kLength, length);
    store_be(out + field::kLeaderEpoch, leader_epoch.value);
    store_be(out + field::kMagic, kBatchMagic);
    store_be(out + field::kCrc, crc);
    store_be(out + field::kAttributes, attributes.bits);
    store_be(out + field::kLastOffsetDelta, last_offset_delta);
    store_be(out + field::kBaseTimestamp, base_timestamp);
    store_be(out + field::kMaxTimestamp, max_timestamp);
    store_be(out + field::kProducerId, producer_id.value);
    store_be(out + field::kProducerEpoch, producer_epoch.value);
    store_be(out + field::kBaseSequence, base_sequence);
    store_be(out + field::kRecordCount, record_count);
}

std::int32_t BatchHeader::last_sequence() const {
    if (base_sequence < 0) return kNoSequence;
    const std::uint32_t sum = static_cast<std::uint32_t>(base_sequence) + static_cast<std::uint32_t>(last_offset_delta);
    return static_cast<std::int32_t>(sum & 0x7fffffffu);
}

bool BatchSpan::has_valid_crc() const { return bytes::crc32c(bytes.subspan(kCrcStart)) == header.crc; }

Result<BatchSpan> first_batch(bytes::Span bytes) {
    MOLDAU_TRY_ASSIGN(header, BatchHeader::parse(bytes));
    if (header.size_bytes() > bytes.size()) {
        return fail(Errc::kMalformed, "batch of " + std::to_string(header.size_bytes()) + " bytes, only " +
                                          std::to_string(bytes.size()) + " are there");
    }
    return BatchSpan{header, bytes.first(header.size_bytes())};
}

Result<std::optional<BatchSpan>> BatchIterator::next() {
    if (position_ == bytes_.size()) return std::nullopt;
    MOLDAU_TRY_ASSIGN(batch, first_batch(bytes_.subspan(position_)));
    position_ += batch.bytes.size();
    return batch;
}

std::uint32_t batch_crc(bytes::Span header, bytes::Span records) {
    const auto covered = header.subspan(kCrcStart, kBatchHeaderBytes - kCrcStart);
    return bytes::crc32c(records, bytes::crc32c(covered));
}

void patch_base_offset(bytes::MutableSpan header, Offset base_offset) {
    CHECK(header.size() >= kBatchHeaderBytes);
    store_be(header.data() + batch_field::kBaseOffset, base_offset.value);
}

void patch_leader_epoch(bytes::MutableSpan header, LeaderEpoch epoch) {
    CHECK(header.size() >= kBatchHeaderBytes);
    store_be(header.data() + batch_field::kLeaderEpoch, epoch.value);
}

}  // namespace moldau::wire
