// Writing records and headers.

#include "wire/batch_builder.h"

#include <array>
#include <limits>

#include "bytes/endian.h"
#include "bytes/varint.h"

namespace moldau::wire {

namespace {

using bytes::load_be;
using bytes::store_be;

constexpr std::size_t kControlKeyBytes = 4;
constexpr std::size_t kMarkerValueBytes = 6;

std::size_t signed_varint_bytes(std::int64_t value) { return bytes::varint_bytes(bytes::zigzag(value)); }

std::size_t field_bytes(const std::optional<bytes::Span>& field) {
    if (!field) return signed_varint_bytes(-1);
    return signed_varint_bytes(static_cast<std::int64_t>(field->size())) + field->size();
}

bytes::Span span_of(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

void put_signed(std::vector<std::uint8_t>& out, std::int64_t value) {
    std::array<std::uint8_t, bytes::kVarintBytesMax> buffer;
    const auto count = bytes::put_varint(buffer.data(), bytes::zigzag(value));
    out.insert(out.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
}

void put_field(std::vector<std::uint8_t>& out, const std::optional<bytes::Span>& field) {
    put_signed(out, field ? static_cast<std::int64_t>(field->size()) : -1);
    if (field) out.insert(out.end(), field->begin(), field->end());
}

struct Deltas {
    std::int64_t timestamp;
    std::int32_t offset;
};

std::size_t record_bytes(const RecordInput& record, Deltas deltas) {
    std::size_t bytes = 1 + signed_varint_bytes(deltas.timestamp) + signed_varint_bytes(deltas.offset) +
                        field_bytes(record.key) + field_bytes(record.value) +
                        signed_varint_bytes(static_cast<std::int64_t>(record.headers.size()));
    for (const auto& header : record.headers) bytes += field_bytes(span_of(header.key)) + field_bytes(header.value);
    return bytes;
}

}  // namespace

std::int64_t BatchBuilder::timestamp_base(const RecordInput& record) {
    if (!base_timestamp_) {
        base_timestamp_ =
            options_.delete_horizon ? options_.delete_horizon : options_.base_timestamp.value_or(record.timestamp);
    }
    return *base_timestamp_;
}

void BatchBuilder::append(const RecordInput& record) {
    const auto wrapped = static_cast<std::uint64_t>(record.timestamp) - static_cast<std::uint64_t>(timestamp_base(record));
    const Deltas deltas{static_cast<std::int64_t>(wrapped), record.offset_delta.value_or(last_offset_delta_ + 1)};
    CHECK(deltas.offset > last_offset_delta_);
    put_signed(records_, static_cast<std::int64_t>(record_bytes(record, deltas)));
    records_.push_back(0);  // attributes: none are defined
    put_signed(records_, deltas.timestamp);
    put_signed(records_, deltas.offset);
    put_field(records_, record.key);
    put_field(records_, record.value);
    put_signed(records_, static_cast<std::int64_t>(record.headers.size()));
    for (const auto& header : record.headers) {
        put_field(records_, span_of(header.key));
        put_field(records_, header.value);
    }
    last_offset_delta_ = deltas.offset;
    max_timestamp_ = std::max(max_timestamp_, record.timestamp);
    ++record_count_;
}

BatchHeader BatchBuilder::header() const {
    BatchHeader header;
    header.base_offset = options_.base_offset;
    header.leader_epoch = options_.leader_epoch;
    header.last_offset_delta = options_.last_offset_delta.value_or(std::max(last_offset_delta_, 0));
    header.base_timestamp = base_timestamp_.value_or(options_.base_timestamp.value_or(kNoTimestamp));
    header.max_timestamp = options_.log_append_time.value_or(max_timestamp_);
    header.producer_id = options_.producer_id;
    header.producer_epoch = options_.producer_epoch;
    header.base_sequence = options_.base_sequence;
    header.record_count = record_count_;
    if (options_.log_append_time) header.attributes.set(BatchAttributes::kLogAppendTimeBit);
    if (options_.is_transactional) header.attributes.set(BatchAttributes::kTransactionalBit);
    if (options_.is_control) header.attributes.set(BatchAttributes::kControlBit);
    if (options_.delete_horizon) header.attributes.set(BatchAttributes::kDeleteHorizonBit);
    return header;
}

Result<bytes::View> BatchBuilder::assemble(BatchHeader header, bytes::Span records) const {
    const auto size = kBatchHeaderBytes + records.size();
    if (size - kBatchLengthOverhead > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
        return fail(Errc::kRecordListTooLarge, "a batch of " + std::to_string(size) + " bytes");
    }
    header.length = static_cast<std::int32_t>(size - kBatchLengthOverhead);
    std::array<std::uint8_t, kBatchHeaderBytes> header_bytes;
    header.write(header_bytes.data());
    header.crc = batch_crc(header_bytes, records);
    header.write(header_bytes.data());
    bytes::Buffer buffer{size};
    buffer.append(header_bytes);
    buffer.append(records);
    return buffer.view();
}

Result<bytes::View> BatchBuilder::build(bytes::Compressor& compressor) const {
    if (options_.codec == bytes::Codec::kNone) return build_plain();
    auto packed = compressor.compress(options_.codec, records_,
                                      options_.codec_level.value_or(bytes::codec_levels(options_.codec).normal));
    if (!packed) return fail(Errc::kRecordListTooLarge, std::move(packed).error().context);
    auto packed_header = header();
    packed_header.attributes.set_codec(options_.codec);
    return assemble(packed_header, packed->span());
}

Result<bytes::View> BatchBuilder::build_plain() const { return assemble(header(), records_); }

void append_marker(BatchBuilder& builder, EndTransactionMarker marker, std::int64_t timestamp) {
    constexpr std::int16_t kVersion = 0;
    std::array<std::uint8_t, kControlKeyBytes> key;
    store_be(key.data(), kVersion);
    store_be(key.data() + 2, static_cast<std::int16_t>(marker.type));
    std::array<std::uint8_t, kMarkerValueBytes> value;
    store_be(value.data(), kVersion);
    store_be(value.data() + 2, marker.coordinator_epoch);
    builder.append({.timestamp = timestamp, .key = key, .value = value});
}

Result<ControlType> control_type(const Record& record) {
    if (!record.key || record.key->size() < kControlKeyBytes) {
        return fail(Errc::kInvalidRecord, "not a control record's key");
    }
    const auto version = load_be<std::int16_t>(record.key->data());
    if (version < 0) return fail(Errc::kInvalidRecord, "control record of version " + std::to_string(version));
    return static_cast<ControlType>(load_be<std::int16_t>(record.key->data() + 2));
}

Result<EndTransactionMarker> parse_marker(const Record& record) {
    MOLDAU_TRY_ASSIGN(type, control_type(record));
    if (type != ControlType::kAbort && type != ControlType::kCommit) {
        return fail(Errc::kInvalidRecord, "control record of type " + std::to_string(static_cast<int>(type)));
    }
    if (!record.value || record.value->size() < kMarkerValueBytes) {
        return fail(Errc::kInvalidRecord, "marker without its value");
    }
    return EndTransactionMarker{type, load_be<std::int32_t>(record.value->data() + 2)};
}

}  // namespace moldau::wire
