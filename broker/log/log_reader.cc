// Cold reads.

#include "log/log_reader.h"

#include <algorithm>
#include <utility>

#include "log/cached_run.h"
#include "log/log_events.h"

namespace moldau::log {

namespace {

constexpr std::size_t kPieceBytesMin = 16 << 10;
constexpr std::size_t kPieceBytesMax = 1 << 20;
constexpr std::size_t kSearchPieceBytes = 64 << 10;
// What is asked of the disk beyond what a reader wants now.
constexpr std::size_t kAheadBytesMin = 4 << 20;
constexpr std::size_t kAheadBytesMax = 8 << 20;

std::size_t piece_bytes_for(std::size_t bytes_max) {
    // The first batches may lie before the one that was asked for.
    return std::clamp(bytes_max + kPieceBytesMin, kPieceBytesMin, kPieceBytesMax);
}

}  // namespace

LogReader::LogReader(io::FileSystem& files, std::string dir, const SegmentList& segments)
    : files_(files), dir_(std::move(dir)), segments_(segments) {}

SearchContext LogReader::context(std::size_t piece_bytes) const {
    return {.files = files_, .dir = dir_, .index_interval_bytes = index_interval_bytes_, .piece_bytes = piece_bytes};
}

void LogReader::use_file_of(const SegmentRef& segment) {
    if (!segment->is_closed()) return;
    const auto before = open_segment_.lock();
    if (before == segment) return;
    if (before && before->is_settled()) before->release_file();
    open_segment_ = segment;
}

void LogReader::remember(Place place) {
    places_[next_place_] = place;
    next_place_ = (next_place_ + 1) % places_.size();
}

const LogReader::Place* LogReader::find_place(const Segment& segment, Offset offset) const {
    const auto place = std::ranges::find_if(places_, [&](const Place& known) {
        return known.offset == offset && known.segment == segment.base_offset() && known.position < segment.bytes_written();
    });
    return place == places_.end() ? nullptr : &*place;
}

Task<Result<Sought>> LogReader::start(SegmentRef segment, Offset offset, std::size_t piece_bytes) {
    const auto* place = find_place(*segment, offset);
    if (place == nullptr) co_return co_await seek(context(piece_bytes), std::move(segment), offset);
    const std::uint64_t position = place->position;
    MOLDAU_CO_TRY_ASSIGN(file, co_await segment->file(files_));
    BatchCursor cursor{
        std::move(file),
        {.position = position, .end = segment->bytes_written(), .offset_min = offset, .piece_bytes = piece_bytes}};
    MOLDAU_CO_TRY_ASSIGN(batch, co_await cursor.next());
    co_return Sought{std::move(batch), std::move(cursor)};
}

namespace {

ReadRange range_of(CachedRun run) {
    ReadRange range{{}, run.end};
    range.batches.append(std::move(run.range));
    return range;
}

}  // namespace

std::optional<ReadRange> LogReader::read_cached(const ReadOptions& options) {
    const SegmentRef segment = segments_.floor(options.from);
    if (!segment) return std::nullopt;
    const auto* place = find_place(*segment, options.from);
    if (place == nullptr || place->is_cold || place->has_small_batches) return std::nullopt;
    const auto file = segment->open_file();
    if (!file) return std::nullopt;
    auto run = cached_run(*file, {place->position, segment->bytes_written(), options.from}, options);
    if (!run) return std::nullopt;
    remember({run->end, segment->base_offset(), run->position_end});
    return range_of(*std::move(run));
}

// Nullopt when it has to be read into memory.
Task<Result<std::optional<ReadRange>>> LogReader::read_file_range(SegmentRef segment, ReadOptions options) {
    RunStart start{.offset_min = options.from};
    if (const auto* place = find_place(*segment, options.from)) {
        if (place->has_small_batches) co_return std::nullopt;
        start.position = place->position;
    } else {
        MOLDAU_CO_TRY_ASSIGN(sought, co_await seek(context(kPieceBytesMin), segment, options.from));
        if (!sought.batch) co_return std::nullopt;
        start.position = sought.batch->position;
        start.offset_min = sought.batch->base();
    }
    MOLDAU_CO_TRY_ASSIGN(file, co_await segment->file(files_));
    start.file_end = segment->bytes_written();
    const std::size_t left = start.file_end - start.position;
    const std::size_t length = std::min(options.bytes_max, left);
    const std::size_t ahead = std::clamp(2 * options.bytes_max, kAheadBytesMin, kAheadBytesMax);
    MOLDAU_CO_TRY_ASSIGN(found, co_await io::bring_in(*file, start.position, {length, std::min(ahead, left - length)}));
    auto run = cached_run(*file, start, options);
    if (!run) co_return std::nullopt;
    remember({run->end, segment->base_offset(), run->position_end, found == io::File::Found::kOnDisk});
    co_return range_of(*std::move(run));
}

namespace {

// Batches that lie side by side in one piece become one chunk.
class Run {
public:
    explicit Run(bytes::ChunkList& out) : out_(out) {}
    void add(bytes::View view) {
        if (run_.owner().get() == view.owner().get() && run_.data() + run_.size() == view.data()) {
            run_ = bytes::View{run_.owner(), {run_.data(), run_.size() + view.size()}};
        } else {
            flush();
            run_ = std::move(view);
        }
    }
    void flush() { out_.append(std::exchange(run_, {})); }
    std::size_t size() const { return out_.size() + run_.size(); }

private:
    bytes::ChunkList& out_;
    bytes::View run_;
};

}  // namespace

Task<Result<ReadRange>> LogReader::read_segment(SegmentRef segment, ReadOptions options) {
    use_file_of(segment);
    if (options.form == ReadOptions::Form::kMemoryOrFile) {
        MOLDAU_CO_TRY_ASSIGN(in_file, co_await read_file_range(segment, options));
        if (in_file) co_return *std::move(in_file);
    }
    ReadRange range{{}, options.from};
    MOLDAU_CO_TRY_ASSIGN(sought, co_await start(segment, options.from, piece_bytes_for(options.bytes_max)));
    auto batch = std::move(sought.batch);
    std::uint64_t position = sought.cursor.position();
    Run run{range.batches};
    std::size_t batches = 0;
    while (batch && batch->end() <= options.end) {
        const bool fits = run.size() + batch->bytes.size() <= options.bytes_max;
        const bool must = run.size() == 0 && options.first_batch == ReadOptions::FirstBatch::kAlways;
        if (!fits && !must) break;
        range.end = batch->end();
        position = sought.cursor.position();
        run.add(std::move(batch->bytes));
        ++batches;
        if (run.size() >= options.bytes_max) break;
        batch = sought.cursor.next_in_memory();
        if (batch) continue;
        MOLDAU_CO_TRY_ASSIGN(next, co_await sought.cursor.next());
        batch = std::move(next);
    }
    run.flush();
    if (batches > 0) {
        const bool is_small = range.batches.size() / batches < kBatchBytesForRanges;
        remember({range.end, segment->base_offset(), position, false, is_small});
    }
    co_return range;
}

Task<Result<ReadRange>> LogReader::read(ReadOptions options) {
    SegmentRef segment = segments_.floor(options.from);
    while (segment && segment->base_offset() < options.end) {
        auto range = co_await read_segment(segment, options);
        if (!range) {
            if (range.error().code == Errc::kCorrupt) report_damage(range.error().context);
            co_return range;
        }
        if (!range->batches.empty() || segment->end_offset() > options.from) co_return range;
        segment = segments_.after(*segment);
    }
    co_return ReadRange{{}, options.from};
}

Task<Result<std::optional<TimestampedOffset>>> LogReader::find_timestamp(TimestampQuery query) {
    SegmentRef segment = segments_.floor(query.from);
    for (; segment && segment->base_offset() < query.end; segment = segments_.after(*segment)) {
        use_file_of(segment);
        MOLDAU_CO_TRY_ASSIGN(largest,
                             co_await largest_timestamp(context(kSearchPieceBytes), segment, segment->end_offset()));
        if (largest.timestamp < query.timestamp) continue;
        MOLDAU_CO_TRY_ASSIGN(found, co_await find_by_timestamp(context(kSearchPieceBytes), segment, query));
        if (found) co_return TimestampedOffset{found->timestamp, found->offset, found->epoch};
    }
    co_return std::nullopt;
}

Task<Result<std::optional<TimestampedOffset>>> LogReader::find_max_timestamp(Offset from, Offset end) {
    TimestampOffset largest;
    SegmentRef holder;
    SegmentRef segment = segments_.floor(from);
    for (; segment && segment->base_offset() < end; segment = segments_.after(*segment)) {
        use_file_of(segment);
        MOLDAU_CO_TRY_ASSIGN(of_segment, co_await largest_timestamp(context(kSearchPieceBytes), segment, end));
        if (of_segment.timestamp <= largest.timestamp) continue;
        largest = of_segment;
        holder = segment;
    }
    if (!holder) co_return std::nullopt;
    const TimestampQuery query{.timestamp = largest.timestamp, .from = from, .end = end};
    MOLDAU_CO_TRY_ASSIGN(found, co_await find_by_timestamp(context(kSearchPieceBytes), holder, query));
    if (!found) co_return std::nullopt;
    co_return TimestampedOffset{found->timestamp, found->offset, found->epoch};
}

}  // namespace moldau::log
