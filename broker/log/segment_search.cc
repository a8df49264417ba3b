// Searches within a segment and the rebuilding of its indexes.

#include "log/segment_search.h"

#include <algorithm>
#include <utility>

#include "wire/record_reader.h"

namespace moldau::log {

namespace {

// How much the records of one batch may inflate to when a search by timestamp must look inside.
constexpr std::size_t kInflatedBytesMax = 256 << 20;

Task<Result<BatchCursor>> cursor_at(SearchContext context, SegmentRef segment, std::uint64_t position) {
    MOLDAU_CO_TRY_ASSIGN(file, co_await segment->file(context.files));
    co_return BatchCursor{std::move(file),
                          {.position = position,
                           .end = segment->bytes_written(),
                           .offset_min = segment->base_offset(),
                           .piece_bytes = context.piece_bytes}};
}

// From an index entry: nullopt when the entry lies.
Task<Result<std::optional<Sought>>> start_at_entry(SearchContext context, SegmentRef segment, OffsetPosition entry) {
    if (entry.position >= segment->bytes_written()) co_return std::nullopt;
    MOLDAU_CO_TRY_ASSIGN(cursor, co_await cursor_at(context, segment, entry.position));
    auto batch = co_await cursor.next();
    if (!batch) {
        if (batch.error().code == Errc::kCorrupt) co_return std::nullopt;
        co_return fail(std::move(batch).error());
    }
    if (!*batch || (*batch)->header.last_offset() != entry.last_offset) co_return std::nullopt;
    co_return Sought{std::move(*batch), std::move(cursor)};
}

Task<Result<Sought>> start_at_front(SearchContext context, SegmentRef segment) {
    MOLDAU_CO_TRY_ASSIGN(cursor, co_await cursor_at(context, segment, 0));
    MOLDAU_CO_TRY_ASSIGN(batch, co_await cursor.next());
    co_return Sought{std::move(batch), std::move(cursor)};
}

// Somewhere before the batch that holds `offset`, or at it.
Task<Result<Sought>> start_near(SearchContext context, SegmentRef segment, Offset offset) {
    MOLDAU_CO_TRY_ASSIGN(entry, co_await segment->offset_index().find(context.files, offset));
    if (!entry) co_return co_await start_at_front(context, segment);
    MOLDAU_CO_TRY_ASSIGN(start, co_await start_at_entry(context, segment, *entry));
    if (start) co_return *std::move(start);
    if (segment->is_closed() && segment->is_settled()) MOLDAU_CO_TRY(co_await rebuild_indexes(context, segment));
    co_return co_await start_at_front(context, segment);
}

Result<std::optional<FoundRecord>> first_record(const FoundBatch& batch, const TimestampQuery& query) {
    bytes::Decompressor decompressor;
    MOLDAU_TRY_ASSIGN(records, wire::inflate_records(batch.bytes, batch.header, decompressor, kInflatedBytesMax));
    wire::RecordReader reader{records.span(), batch.header.record_count};
    while (true) {
        MOLDAU_TRY_ASSIGN(record, reader.next());
        if (!record) return std::nullopt;
        const Offset offset = batch.base() + record->offset_delta;
        const std::int64_t timestamp = wire::record_timestamp(batch.header, *record);
        if (offset >= query.end) return std::nullopt;
        if (offset >= query.from && timestamp >= query.timestamp) {
            return FoundRecord{timestamp, offset, batch.header.leader_epoch};
        }
    }
}

}  // namespace

Task<Result<Sought>> seek(SearchContext context, SegmentRef segment, Offset offset) {
    MOLDAU_CO_TRY_ASSIGN(sought, co_await start_near(context, segment, offset));
    while (sought.batch && sought.batch->header.last_offset() < offset) {
        sought.batch = sought.cursor.next_in_memory();
        if (sought.batch) continue;
        MOLDAU_CO_TRY_ASSIGN(batch, co_await sought.cursor.next());
        sought.batch = std::move(batch);
    }
    co_return sought;
}

Task<Result<void>> rebuild_indexes(SearchContext context, SegmentRef segment) {
    MOLDAU_CO_TRY_ASSIGN(cursor, co_await cursor_at(context, segment, 0));
    Segment fresh{context.dir, segment->base_offset()};
    while (true) {
        MOLDAU_CO_TRY_ASSIGN(batch, co_await cursor.next());
        if (!batch) break;
        fresh.append(batch->header, context.index_interval_bytes);
    }
    segment->take_indexes(fresh);
    if (!segment->is_closed()) co_return Result<void>{};
    co_return co_await segment->finish(context.files);
}

namespace {

constexpr std::size_t kIndexBytesMax = 64 << 20;
constexpr std::size_t kOneBatchBytes = 4 << 10;  // more is read when it is longer
// The newest entries may speak of batches that were never written.
constexpr int kEntriesTried = 16;

// The entries of an index file that ascend from its beginning; none when it cannot be read.
template <class Ascends>
Task<Result<std::pair<bytes::View, std::size_t>>> ascending_entries(io::FileSystem& files, std::string path,
                                                                    std::size_t entry_bytes, Ascends ascends) {
    auto content = co_await io::read_file(files, std::move(path), kIndexBytesMax);
    if (!content) {
        if (content.error().code == Errc::kIo) co_return fail(std::move(content).error());
        co_return std::pair{bytes::View{}, std::size_t{0}};
    }
    std::size_t count = std::min<std::size_t>(content->size() / entry_bytes, 1);
    while ((count + 1) * entry_bytes <= content->size() &&
           ascends(content->data() + (count - 1) * entry_bytes, content->data() + count * entry_bytes)) {
        ++count;
    }
    co_return std::pair{*std::move(content), count};
}

bool offsets_ascend(const std::uint8_t* before, const std::uint8_t* entry) {
    return bytes::load_be<std::int32_t>(before) < bytes::load_be<std::int32_t>(entry) &&
           bytes::load_be<std::uint32_t>(before + 4) < bytes::load_be<std::uint32_t>(entry + 4);
}

bool times_ascend(const std::uint8_t* before, const std::uint8_t* entry) {
    return bytes::load_be<std::int64_t>(before) < bytes::load_be<std::int64_t>(entry) &&
           bytes::load_be<std::int32_t>(before + 8) < bytes::load_be<std::int32_t>(entry + 8);
}

// The batch at `position`, if one with a valid checksum stands there.
Task<Result<std::optional<FoundBatch>>> valid_batch_at(std::shared_ptr<io::File> file, std::uint64_t position,
                                                       std::uint64_t file_bytes) {
    BatchCursor cursor{std::move(file), {.position = position, .end = file_bytes, .piece_bytes = kOneBatchBytes}};
    auto batch = co_await cursor.next();
    if (!batch && batch.error().code != Errc::kCorrupt) co_return fail(std::move(batch).error());
    if (!batch || !*batch || !wire::BatchSpan{(*batch)->header, (*batch)->bytes.span()}.has_valid_crc())
        co_return std::nullopt;
    co_return batch;
}

}  // namespace

Task<Result<std::optional<KnownPrefix>>> known_prefix(SearchContext context, Offset base, std::shared_ptr<io::File> file,
                                                      std::uint64_t file_bytes) {
    MOLDAU_CO_TRY_ASSIGN(offsets,
                         co_await ascending_entries(context.files, segment_path(context.dir, base, kOffsetIndexSuffix),
                                                    OffsetIndex::kEntryBytes, offsets_ascend));
    if (offsets.second == 0) co_return std::nullopt;
    MOLDAU_CO_TRY_ASSIGN(times, co_await ascending_entries(context.files, segment_path(context.dir, base, kTimeIndexSuffix),
                                                           TimeIndex::kEntryBytes, times_ascend));
    MOLDAU_CO_TRY_ASSIGN(first, co_await valid_batch_at(file, 0, file_bytes));
    if (times.second == 0 || !first) co_return std::nullopt;
    int tried = 0;
    for (std::size_t count = offsets.second; count > 0 && tried < kEntriesTried; --count) {
        const std::uint8_t* const entry = offsets.first.data() + (count - 1) * OffsetIndex::kEntryBytes;
        const std::uint64_t position = bytes::load_be<std::uint32_t>(entry + 4);
        if (position >= file_bytes) continue;
        ++tried;
        MOLDAU_CO_TRY_ASSIGN(batch, co_await valid_batch_at(file, position, file_bytes));
        const std::int32_t relative = bytes::load_be<std::int32_t>(entry);
        if (!batch || batch->header.last_offset() != base + relative) continue;
        std::size_t known = times.second;
        const auto* const time_entries = times.first.data();
        while (known > 0 && bytes::load_be<std::int32_t>(time_entries + known * TimeIndex::kEntryBytes - 4) > relative)
            --known;
        if (known == 0) co_return std::nullopt;
        const std::uint8_t* const newest = time_entries + (known - 1) * TimeIndex::kEntryBytes;
        co_return KnownPrefix{
            .position = position,
            .base = batch->base(),
            .offset_entries = static_cast<std::uint32_t>(count),
            .time_entries = static_cast<std::uint32_t>(known),
            .largest = {bytes::load_be<std::int64_t>(newest), base + bytes::load_be<std::int32_t>(newest + 8)},
            .first_timestamp = first->header.max_timestamp};
    }
    co_return std::nullopt;
}

Task<Result<TimestampOffset>> largest_timestamp(SearchContext context, SegmentRef segment, Offset end) {
    const bool whole = segment->end_offset() <= end;
    if (whole && segment->max_timestamp().timestamp >= 0) co_return segment->max_timestamp();
    MOLDAU_CO_TRY_ASSIGN(entry, co_await segment->time_index().find_offset(context.files, end - 1));
    TimestampOffset largest{-1, segment->base_offset()};
    MOLDAU_CO_TRY_ASSIGN(sought, co_await seek(context, segment, entry ? entry->last_offset : segment->base_offset()));
    if (entry && (!sought.batch || sought.batch->header.last_offset() != entry->last_offset ||
                  sought.batch->header.max_timestamp != entry->timestamp)) {
        if (segment->is_closed() && segment->is_settled()) MOLDAU_CO_TRY(co_await rebuild_indexes(context, segment));
        MOLDAU_CO_TRY_ASSIGN(front, co_await start_at_front(context, segment));
        sought = std::move(front);
    }
    // The last entry of a closed segment speaks for all of it.
    const bool entry_is_last = entry && whole && segment->is_closed();
    while (sought.batch && sought.batch->end() <= end) {
        const auto& header = sought.batch->header;
        const bool has_records = header.record_count > 0;
        if (has_records && header.max_timestamp > largest.timestamp) largest = {header.max_timestamp, header.last_offset()};
        if (entry_is_last && largest == *entry) break;
        MOLDAU_CO_TRY_ASSIGN(batch, co_await sought.cursor.next());
        sought.batch = std::move(batch);
    }
    if (whole && segment->is_closed()) segment->set_max_timestamp(largest);
    co_return largest;
}

Task<Result<std::optional<FoundRecord>>> find_by_timestamp(SearchContext context, SegmentRef segment, TimestampQuery query) {
    MOLDAU_CO_TRY_ASSIGN(entry, co_await segment->time_index().find(context.files, query.timestamp));
    const Offset start = std::max(entry ? entry->last_offset : segment->base_offset(), query.from);
    MOLDAU_CO_TRY_ASSIGN(sought, co_await seek(context, segment, start));
    while (sought.batch && sought.batch->base() < query.end) {
        if (sought.batch->header.max_timestamp >= query.timestamp && sought.batch->header.record_count > 0) {
            MOLDAU_CO_TRY_ASSIGN(record, first_record(*sought.batch, query));
            if (record) co_return record;
        }
        sought.batch = sought.cursor.next_in_memory();
        if (sought.batch) continue;
        MOLDAU_CO_TRY_ASSIGN(batch, co_await sought.cursor.next());
        sought.batch = std::move(batch);
    }
    co_return std::nullopt;
}

}  // namespace moldau::log
