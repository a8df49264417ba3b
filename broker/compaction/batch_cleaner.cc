// The decisions and the rewriting of batches.

#include "compaction/batch_cleaner.h"

#include <array>
#include <vector>

#include "wire/batch_builder.h"
#include "wire/record_reader.h"

namespace moldau::compaction {

namespace {

// The same batch without records: offsets, producer and sequences stay.
bytes::View emptied(const wire::BatchHeader& header) {
    wire::BatchHeader empty = header;
    empty.length = static_cast<std::int32_t>(wire::kBatchHeaderBytes - wire::kBatchLengthOverhead);
    empty.attributes.set_codec(bytes::Codec::kNone);
    empty.attributes.clear(wire::BatchAttributes::kDeleteHorizonBit);
    empty.base_timestamp = wire::kNoTimestamp;
    empty.record_count = 0;
    std::array<std::uint8_t, wire::kBatchHeaderBytes> out;
    empty.write(out.data());
    empty.crc = wire::batch_crc(out, {});
    empty.write(out.data());
    return bytes::View::copy_of(bytes::Span{out});
}

wire::BatchOptions options_of(const wire::BatchHeader& header, std::optional<std::int64_t> horizon) {
    wire::BatchOptions options{.base_offset = header.base_offset,
                               .leader_epoch = header.leader_epoch,
                               .codec = header.attributes.codec().value_or(bytes::Codec::kNone),
                               .base_timestamp = header.base_timestamp,
                               .last_offset_delta = header.last_offset_delta,
                               .delete_horizon = horizon,
                               .producer_id = header.producer_id,
                               .producer_epoch = header.producer_epoch,
                               .base_sequence = header.base_sequence,
                               .is_transactional = header.attributes.is_transactional(),
                               .is_control = header.attributes.is_control()};
    if (header.attributes.timestamp_type() == wire::TimestampType::kLogAppendTime)
        options.log_append_time = header.max_timestamp;
    return options;
}

std::optional<std::int64_t> horizon_of(const wire::BatchHeader& header) {
    if (!header.attributes.has_delete_horizon()) return std::nullopt;
    return header.base_timestamp;
}

void append_record(wire::BatchBuilder& builder, const wire::BatchHeader& header, const wire::Record& record) {
    std::vector<wire::RecordHeader> headers;
    wire::RecordHeaders left = record.headers;
    while (auto next = left.next()) headers.push_back(*next);
    builder.append({.timestamp = wire::record_timestamp(header, record),
                    .key = record.key,
                    .value = record.value,
                    .headers = headers,
                    .offset_delta = record.offset_delta});
}

}  // namespace

struct BatchCleaner::Kept {
    std::vector<wire::Record> records;
    bool has_tombstone = false;
};

Result<std::optional<bytes::View>> BatchCleaner::clean(const bytes::View& batch, BatchPlace place) {
    MOLDAU_TRY_ASSIGN(header, wire::BatchHeader::parse(batch.span()));
    if (header.size_bytes() != batch.size() || !wire::BatchSpan{header, batch.span()}.has_valid_crc())
        return fail(Errc::kCorruptMessage, "the batch at offset " + std::to_string(header.base_offset.value));
    ++stats_.batches_read;
    stats_.bytes_read += batch.size();
    stats_.records_read += static_cast<std::uint64_t>(header.record_count);
    MOLDAU_TRY_ASSIGN(left, decide(header, batch, place));
    if (!left) return std::nullopt;
    stats_.bytes_kept += left->size();
    const auto left_header = wire::BatchHeader::parse(left->span());
    stats_.records_kept += static_cast<std::uint64_t>(left_header->record_count);
    const bool is_data = !header.attributes.is_control();
    if (is_data && header.attributes.is_transactional()) has_batches_.insert(header.producer_id);
    return left;
}

Result<std::optional<bytes::View>> BatchCleaner::decide(const wire::BatchHeader& header, const bytes::View& batch,
                                                        BatchPlace place) {
    if (header.base_offset >= rules_.end) return batch;
    if (header.attributes.is_control()) return clean_marker(header, batch, place);
    const bool must_stay = place == BatchPlace::kLastOfSegment || is_recent_of_producer(header);
    if (header.record_count == 0) return must_stay ? std::optional{batch} : std::nullopt;
    std::optional<bytes::View> left;
    if (!rules_.outcomes.is_aborted(header)) {
        MOLDAU_TRY_ASSIGN(cleaned, clean_data(header, batch));
        left = std::move(cleaned);
    }
    if (!left && must_stay) left = emptied(header);
    return left;
}

bool BatchCleaner::is_recent_of_producer(const wire::BatchHeader& header) const {
    const auto found = rules_.producers.find(header.producer_id);
    return found != rules_.producers.end() && header.last_offset() >= found->second.oldest &&
           header.last_offset() <= found->second.newest;
}

Result<std::optional<bytes::View>> BatchCleaner::clean_marker(const wire::BatchHeader& header, const bytes::View& batch,
                                                              BatchPlace place) {
    if (header.record_count == 0) return batch;
    MOLDAU_TRY_ASSIGN(type, control_type_of(header, batch));
    if (type != wire::ControlType::kAbort && type != wire::ControlType::kCommit) return batch;
    if (has_batches_.erase(header.producer_id) > 0) return batch;
    const auto producer = rules_.producers.find(header.producer_id);
    const bool is_newest = producer != rules_.producers.end() && header.base_offset > producer->second.newest;
    if (is_newest) return batch;
    if (const auto horizon = horizon_of(header)) {
        if (*horizon > rules_.now || place == BatchPlace::kLastOfSegment) return batch;
        return std::nullopt;
    }
    wire::BatchBuilder builder{options_of(header, rules_.now + rules_.delete_retention_ms)};
    wire::RecordReader records{batch.slice(wire::kBatchHeaderBytes).span(), header.record_count};
    while (true) {
        MOLDAU_TRY_ASSIGN(record, records.next());
        if (!record) break;
        append_record(builder, header, *record);
    }
    return builder.build_plain();
}

bool BatchCleaner::is_kept(const wire::BatchHeader& header, const wire::Record& record, Kept& kept) {
    const Offset offset = header.base_offset + record.offset_delta;
    if (offset >= rules_.end) return true;
    if (!record.key) {
        ++stats_.records_without_key;
        return false;
    }
    const auto latest = rules_.latest.find(*record.key);
    if (latest && *latest > offset) return false;
    if (record.value) return true;
    if (const auto horizon = horizon_of(header); horizon && *horizon <= rules_.now) return false;
    kept.has_tombstone = true;
    return true;
}

// Nullopt when no record is left.
Result<std::optional<bytes::View>> BatchCleaner::clean_data(const wire::BatchHeader& header, const bytes::View& batch) {
    MOLDAU_TRY_ASSIGN(inflated, wire::inflate_records(batch, header, codecs_.decompressor, rules_.inflated_bytes_max));
    wire::RecordReader reader{inflated.span(), header.record_count};
    Kept kept;
    while (true) {
        MOLDAU_TRY_ASSIGN(record, reader.next());
        if (!record) break;
        if (is_kept(header, *record, kept)) kept.records.push_back(*record);
    }
    if (kept.records.empty()) return std::nullopt;
    auto horizon = horizon_of(header);
    const bool needs_horizon = kept.has_tombstone && !horizon;
    if (std::cmp_equal(kept.records.size(), header.record_count) && !needs_horizon) return batch;
    if (needs_horizon) horizon = rules_.now + rules_.delete_retention_ms;
    wire::BatchBuilder builder{options_of(header, horizon)};
    for (const auto& record : kept.records) append_record(builder, header, record);
    return builder.build(codecs_.compressor);
}

Result<bool> BatchCleaner::note_keys(KeyOffsets& latest, const bytes::View& batch, bytes::Decompressor& decompressor,
                                     std::size_t inflated_bytes_max) {
    MOLDAU_TRY_ASSIGN(header, wire::BatchHeader::parse(batch.span()));
    if (header.attributes.is_control() || header.record_count == 0) return true;
    MOLDAU_TRY_ASSIGN(inflated, wire::inflate_records(batch, header, decompressor, inflated_bytes_max));
    wire::RecordReader reader{inflated.span(), header.record_count};
    while (true) {
        MOLDAU_TRY_ASSIGN(record, reader.next());
        if (!record) return true;
        if (record->key && !latest.put(*record->key, header.base_offset + record->offset_delta)) return false;
    }
}

}  // namespace moldau::compaction
