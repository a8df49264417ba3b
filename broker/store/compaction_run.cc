// The two passes over a log.

#include "store/compaction_run.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "log/segment_swap.h"

namespace moldau::store {

namespace {

constexpr std::size_t kPieceBytes = 64 << 10;  // what is worked on between two turns of the loop
constexpr std::size_t kWriteBytes = 256 << 10;

log::SearchContext context_of(log::Log& log, io::FileSystem& files) {
    return {.files = files,
            .dir = log.identity().dir,
            .index_interval_bytes = log.config().index_interval_bytes,
            .piece_bytes = kPieceBytes};
}

// The batches of some segments from an offset on.
class SegmentWalk {
public:
    struct Found {
        log::FoundBatch batch;
        log::SegmentRef segment;
        bool is_last = false;  // of its segment
    };
    SegmentWalk(log::SearchContext context, std::vector<log::SegmentRef> segments, Offset from)
        : context_(std::move(context)), segments_(std::move(segments)), from_(from) {
        while (index_ < segments_.size() && segments_[index_]->end_offset() <= from_) ++index_;
    }

    Task<Result<std::optional<Found>>> next() {
        while (index_ < segments_.size()) {
            const log::SegmentRef segment = segments_[index_];
            std::optional<log::FoundBatch> batch;
            if (!cursor_) {
                MOLDAU_CO_TRY_ASSIGN(sought, co_await log::seek(context_, segment, std::max(from_, segment->base_offset())));
                cursor_.emplace(std::move(sought.cursor));
                batch = std::move(sought.batch);
            } else {
                MOLDAU_CO_TRY_ASSIGN(next, co_await cursor_->next());
                batch = std::move(next);
            }
            if (batch) {
                const bool is_last = cursor_->position() >= segment->bytes_written();
                co_return Found{*std::move(batch), segment, is_last};
            }
            cursor_.reset();
            if (segment->is_closed() && segment->is_settled()) segment->release_file();
            ++index_;
        }
        co_return std::nullopt;
    }

private:
    log::SearchContext context_;
    std::vector<log::SegmentRef> segments_;
    Offset from_;
    std::size_t index_ = 0;
    std::optional<log::BatchCursor> cursor_;
};

// One new segment while it is written.
class SegmentWriter {
public:
    SegmentWriter(log::SegmentFolder folder, Offset base, std::int32_t index_interval)
        : folder_(std::move(folder)),
          segment_(std::make_shared<log::Segment>(folder_.dir, base)),
          index_interval_(index_interval) {
        segment_->set_suffix(log::kCleanedSuffix);
    }

    Task<Result<void>> open() {
        co_await log::discard_cleaned(folder_, segment_->base_offset());
        MOLDAU_CO_TRY_ASSIGN(file, co_await segment_->file(folder_.files));
        file_ = std::move(file);
        co_return Result<void>{};
    }
    Task<Result<void>> append(bytes::View batch) {
        const auto header = *wire::BatchHeader::parse(batch.span());
        if (segment_->bytes() + batch.size() > log::kSegmentBytesMax)
            co_return fail(Errc::kLimitExceeded, segment_->path() + " would become too long");
        segment_->append(header, index_interval_);
        pending_.append(std::move(batch));
        if (pending_.size() < kWriteBytes) co_return Result<void>{};
        co_return co_await write();
    }
    // When it resolves the segment is whole on the disk, its names aside. `end`: where what it replaces ended.
    Task<Result<log::SegmentRef>> finish(Offset end, WallTime created) {
        MOLDAU_CO_TRY(co_await write());
        MOLDAU_CO_TRY(co_await io::sync(*file_));
        segment_->close();
        segment_->set_extent({.end = end, .bytes = segment_->bytes(), .bytes_synced = segment_->bytes()});
        segment_->set_created(created, Millis{0});
        MOLDAU_CO_TRY(co_await segment_->finish(folder_.files));
        co_return segment_;
    }
    log::Segment& segment() { return *segment_; }

private:
    Task<Result<void>> write() {
        const std::size_t bytes = pending_.size();
        if (bytes == 0) co_return Result<void>{};
        MOLDAU_CO_TRY(co_await io::write(*file_, segment_->bytes_written(), std::exchange(pending_, {})));
        segment_->written(bytes);
        co_return Result<void>{};
    }

    log::SegmentFolder folder_;
    log::SegmentRef segment_;
    std::int32_t index_interval_;
    std::shared_ptr<io::File> file_;
    bytes::ChunkList pending_;
};

class CompactionRun {
public:
    explicit CompactionRun(CompactionOptions options)
        : options_(std::move(options)), end_(options_.range.end), segments_(options_.log.segments()) {}

    Task<Result<CompactionResult>> run();

private:
    log::Log& log() { return options_.log; }
    log::SearchContext context() { return context_of(options_.log, options_.files); }
    Task<Result<void>> pace(std::size_t bytes);
    Task<Result<void>> find_outcomes(Offset from);
    Task<Result<void>> note_keys(compaction::KeyOffsets& latest);
    void end_with_a_segment();
    Task<Result<void>> clean_group(std::vector<log::SegmentRef> group, compaction::BatchCleaner& cleaner);
    Task<Result<bool>> copy(const std::vector<log::SegmentRef>& group, compaction::BatchCleaner& cleaner,
                            SegmentWriter& writer);
    Task<Result<void>> carry_over_aborted(const std::vector<log::SegmentRef>& group, SegmentWriter& writer);

    CompactionOptions options_;
    Offset end_;                             // of what is cleaned
    std::vector<log::SegmentRef> segments_;  // all, the active one too, as they were at the beginning
    compaction::TransactionOutcomes outcomes_;
    compaction::LiveProducers producers_;
    bool outcomes_known_ = false;
    CompactionResult result_;
    bytes::Codecs codecs_;
};

Task<Result<void>> CompactionRun::pace(std::size_t bytes) {
    if (!co_await options_.pace(bytes)) co_return fail(Errc::kClosed, "compaction was broken off");
    co_return Result<void>{};
}

// Which transactions with records below the end were aborted: their markers may come later, but not beyond the high
// watermark.
Task<Result<void>> CompactionRun::find_outcomes(Offset from) {
    outcomes_known_ = true;
    SegmentWalk walk{context(), segments_, from};
    while (true) {
        MOLDAU_CO_TRY_ASSIGN(found, co_await walk.next());
        const bool is_behind = !found || found->batch.base() >= end_;
        if (is_behind && !outcomes_.has_open_before(end_)) co_return Result<void>{};
        if (!found || found->batch.base() >= options_.high_watermark)
            co_return fail(Errc::kBusy, log().identity().dir + ": a marker is not in its segment yet");
        MOLDAU_CO_TRY(outcomes_.add(found->batch.header, found->batch.bytes));
        MOLDAU_CO_TRY(co_await pace(found->batch.bytes.size()));
    }
}

Task<Result<void>> CompactionRun::note_keys(compaction::KeyOffsets& latest) {
    SegmentWalk walk{context(), segments_, options_.range.dirty_from};
    while (true) {
        MOLDAU_CO_TRY_ASSIGN(found, co_await walk.next());
        if (!found || found->batch.base() >= end_) co_return Result<void>{};
        const auto& header = found->batch.header;
        if (header.attributes.is_transactional() && !outcomes_known_)
            MOLDAU_CO_TRY(co_await find_outcomes(header.base_offset));
        MOLDAU_CO_TRY(co_await pace(found->batch.bytes.size()));
        if (outcomes_.is_aborted(header)) continue;
        MOLDAU_CO_TRY_ASSIGN(noted, compaction::BatchCleaner::note_keys(latest, found->batch.bytes, codecs_.decompressor));
        if (noted) continue;
        if (header.base_offset <= options_.range.dirty_from)
            co_return fail(Errc::kLimitExceeded, "log.cleaner.dedupe.buffer.size is too small for one batch");
        end_ = header.base_offset;
        end_with_a_segment();
        co_return Result<void>{};
    }
}

// The keys did not fit: rather whole segments than a part more, if there is a new one among them.
void CompactionRun::end_with_a_segment() {
    for (std::size_t index = segments_.size(); index-- > 0;) {
        const Offset base = segments_[index]->base_offset();
        if (base > end_) continue;
        if (base > options_.range.dirty_from) end_ = base;
        return;
    }
}

// True when anything came out differently.
Task<Result<bool>> CompactionRun::copy(const std::vector<log::SegmentRef>& group, compaction::BatchCleaner& cleaner,
                                       SegmentWriter& writer) {
    bool changed = group.size() > 1;
    SegmentWalk walk{context(), group, group.front()->base_offset()};
    while (true) {
        MOLDAU_CO_TRY_ASSIGN(found, co_await walk.next());
        if (!found) co_return changed;
        const bytes::View& batch = found->batch.bytes;
        const bool is_last = found->is_last && found->segment == group.back();
        MOLDAU_CO_TRY_ASSIGN(
            left, cleaner.clean(batch, is_last ? compaction::BatchPlace::kLastOfSegment : compaction::BatchPlace::kInner));
        changed = changed || !left || left->data() != batch.data();
        const std::size_t bytes = batch.size() + (left ? left->size() : 0);
        if (left) MOLDAU_CO_TRY(co_await writer.append(*std::move(left)));
        MOLDAU_CO_TRY(co_await pace(bytes));
    }
}

// Records of aborted transactions at or beyond the end are still there.
Task<Result<void>> CompactionRun::carry_over_aborted(const std::vector<log::SegmentRef>& group, SegmentWriter& writer) {
    for (const auto& segment : group) {
        log::AbortedSearch search{.from = end_, .end = Offset{std::numeric_limits<std::int64_t>::max()}};
        MOLDAU_CO_TRY_ASSIGN(done, co_await segment->txn_index().search(options_.files, std::move(search)));
        for (const auto& aborted : done.found) writer.segment().txn_index().append(aborted);
    }
    co_return Result<void>{};
}

Task<Result<void>> CompactionRun::clean_group(std::vector<log::SegmentRef> group, compaction::BatchCleaner& cleaner) {
    const log::SegmentFolder folder{options_.files, log().identity().dir};
    const Offset base = group.front()->base_offset();
    SegmentWriter writer{folder, base, log().config().index_interval_bytes};
    MOLDAU_CO_TRY(co_await writer.open());
    auto changed = co_await copy(group, cleaner, writer);
    if (!changed || !*changed || writer.segment().bytes() == 0) {
        co_await log::discard_cleaned(folder, base);
        result_.segments_after += group.size();
        if (!changed) co_return fail(std::move(changed).error());
        co_return Result<void>{};
    }
    auto carried = co_await carry_over_aborted(group, writer);
    if (!carried) {
        co_await log::discard_cleaned(folder, base);
        co_return carried;
    }
    auto fresh = co_await writer.finish(group.back()->end_offset(), group.back()->begun());
    if (!fresh) {
        co_await log::discard_cleaned(folder, base);
        co_return fail(std::move(fresh).error());
    }
    ++result_.segments_after;
    co_return co_await log().replace_segments(std::move(group), *std::move(fresh));
}

Task<Result<CompactionResult>> CompactionRun::run() {
    MOLDAU_CO_TRY_ASSIGN(facts, co_await closed_segments(log(), options_.files, Timestamps::kLeftOut));
    for (const auto& window : log().repeat_windows()) producers_[window.id] = {window.oldest, window.newest};
    compaction::KeyOffsets latest{
        {.bytes_max = options_.dedupe_bytes, .keys_wanted = static_cast<std::size_t>(end_ - options_.range.dirty_from)},
        options_.seed};
    MOLDAU_CO_TRY(co_await note_keys(latest));
    const compaction::CleaningRules rules{.latest = latest,
                                          .outcomes = outcomes_,
                                          .producers = producers_,
                                          .end = end_,
                                          .now = options_.now,
                                          .delete_retention_ms = log().config().delete_retention_ms};
    compaction::BatchCleaner cleaner{rules, codecs_};
    const compaction::GroupLimits limits{
        .bytes_max =
            static_cast<std::uint64_t>(std::clamp<std::int64_t>(log().config().segment_bytes, 1, log::kSegmentBytesMax)),
        .index_bytes_max = static_cast<std::uint64_t>(std::max(log().config().segment_index_bytes, 1))};
    // The segment in which the end lies is rewritten, too.
    Offset groups_end = end_;
    for (const auto& segment : segments_) {
        if (segment->is_closed() && segment->base_offset() < end_) groups_end = segment->end_offset();
    }
    std::size_t first = 0;
    for (const std::size_t count : compaction::group_segments(facts, groups_end, limits)) {
        const auto begin = segments_.begin() + static_cast<std::ptrdiff_t>(first);
        MOLDAU_CO_TRY(co_await clean_group({begin, begin + static_cast<std::ptrdiff_t>(count)}, cleaner));
        first += count;
    }
    result_.segments_before = first;
    result_.cleaned_to = end_;
    result_.stats = cleaner.stats();
    co_return result_;
}

}  // namespace

Task<Result<std::vector<compaction::SegmentFacts>>> closed_segments(log::Log& log, io::FileSystem& files,
                                                                    Timestamps timestamps) {
    std::vector<compaction::SegmentFacts> facts;
    auto segments = log.segments();
    segments.pop_back();
    for (const auto& segment : segments) {
        const std::uint64_t index_bytes =
            std::max<std::uint64_t>(segment->offset_index().storage().entries() * log::OffsetIndex::kEntryBytes,
                                    (segment->time_index().storage().entries() + 1) * log::TimeIndex::kEntryBytes);
        facts.push_back({.base = segment->base_offset(),
                         .end = segment->end_offset(),
                         .bytes = segment->bytes(),
                         .index_bytes = index_bytes});
        if (timestamps == Timestamps::kLeftOut) continue;
        MOLDAU_CO_TRY_ASSIGN(largest,
                             co_await log::largest_timestamp(context_of(log, files), segment, segment->end_offset()));
        if (!segment->first_timestamp()) {
            SegmentWalk walk{context_of(log, files), {segment}, segment->base_offset()};
            MOLDAU_CO_TRY_ASSIGN(first, co_await walk.next());
            if (first) segment->set_first_timestamp(first->batch.header.max_timestamp);
        }
        facts.back().largest_timestamp = largest.timestamp;
        facts.back().first_timestamp = segment->first_timestamp().value_or(-1);
    }
    co_return facts;
}

Task<Result<CompactionResult>> compact(CompactionOptions options) {
    CompactionRun run{std::move(options)};
    co_return co_await run.run();
}

}  // namespace moldau::store
