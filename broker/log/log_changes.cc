// Opening, flushing, cutting and closing of a log: all that waits for files.

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "log/cut_marker.h"
#include "log/log_events.h"
#include "log/log_impl.h"
#include "log/segment_recovery.h"
#include "producers/producer_snapshot.h"

namespace moldau::log {

namespace {

constexpr std::size_t kFileNameMax = 255;

}  // namespace

Task<Result<std::unique_ptr<Log>>> Log::open(LogIdentity identity, LogConfig config, LogEnvironment environment) {
    MOLDAU_CO_TRY_ASSIGN(recovered, co_await recover_log(identity, config, environment));
    auto impl = std::make_unique<Impl>(std::move(identity), config, environment, std::move(recovered));
    co_return std::unique_ptr<Log>{new Log{std::move(impl)}};
}

Offset Log::Impl::recovery_point() const {
    const Offset point = writer_.recovery_point();
    if (!epochs_dirty_ || epochs_.entries().empty()) return point;
    return std::min(point, epochs_.entries().back().start);  // the epoch's batches must be seen again
}

SearchContext Log::Impl::search_context() const {
    return {.files = environment_.files, .dir = identity_.dir, .index_interval_bytes = config_.index_interval_bytes};
}

Task<Result<void>> Log::Impl::save_epochs() {
    while (saving_epochs_) co_await saved_.wait();
    if (!std::exchange(epochs_dirty_, false)) co_return Result<void>{};
    saving_epochs_ = true;
    auto saved = co_await io::replace_file(environment_.files, identity_.dir + '/' + kEpochFile,
                                           bytes::View::copy_of(epochs_.format()));
    saving_epochs_ = false;
    if (!saved) epochs_dirty_ = true;
    saved_.notify_all();
    co_return saved;
}

// Before each snapshot: recovery looks for aborted transactions only beyond the newest.
Task<Result<void>> Log::Impl::save_aborted() {
    if (phase_ == Phase::kChanging) co_return Result<void>{};
    while (saving_aborted_) co_await saved_.wait();
    saving_aborted_ = true;
    Result<void> saved;
    const auto segments = segments_.all();
    for (const auto& segment : segments) {
        if (saved && segment->txn_index().is_unfinished()) saved = co_await segment->txn_index().finish(environment_.files);
    }
    saving_aborted_ = false;
    saved_.notify_all();
    co_return saved;
}

Task<Result<void>> Log::Impl::save_snapshot(Offset offset, bytes::View content) {
    const Offset before = snapshot_offset_;
    MOLDAU_CO_TRY(co_await io::replace_file(environment_.files, segment_path(identity_.dir, offset, kSnapshotSuffix),
                                            std::move(content)));
    snapshot_offset_ = std::max(snapshot_offset_, offset);
    // Those at a segment's start stay as long as the segment, for cuts.
    const auto& all = segments_.all();
    const bool is_base = std::ranges::find(all, before, &Segment::base_offset) != all.end();
    if (before < Offset{0} || before >= offset || is_base) co_return Result<void>{};
    co_return co_await io::remove_file(environment_.files, segment_path(identity_.dir, before, kSnapshotSuffix));
}

Task<void> Log::Impl::save_in_background(Offset offset, bytes::View content) {
    const std::uint64_t cuts = cuts_;
    Result<void> saved = co_await save_epochs();  // first: recovery looks for epochs only beyond the newest snapshot
    if (saved) saved = co_await save_aborted();
    if (phase_ != Phase::kOpen || cuts != cuts_) co_return;
    if (saved) saved = co_await save_snapshot(offset, std::move(content));
    // One that finds no space is done without: a start reads more batches instead.
    if (saved || saved.error().code == Errc::kDiskFull || cuts != cuts_) co_return;
    writer_.fail_with(std::move(saved).error());
}

Task<Result<void>> Log::Impl::remove_snapshots(Offset from, Offset to) {
    MOLDAU_CO_TRY_ASSIGN(entries, co_await io::list(environment_.files, identity_.dir));
    for (const auto& entry : entries) {
        const auto offset = offset_in_name(entry.name, kSnapshotSuffix);
        if (!offset || *offset < from || *offset >= to) continue;
        MOLDAU_CO_TRY(co_await io::remove_file(environment_.files, identity_.dir + '/' + entry.name));
    }
    co_return Result<void>{};
}

Task<Result<void>> Log::Impl::flush() {
    const Offset end = end_offset();
    MOLDAU_CO_TRY(co_await writer_.wait_synced(end));
    MOLDAU_CO_TRY(co_await save_epochs());
    if (cut_old_end_ && writer_.recovery_point() >= *cut_old_end_) {
        cut_old_end_.reset();
        MOLDAU_CO_TRY(co_await io::remove_file(environment_.files, identity_.dir + '/' + kCutFile));
    }
    co_return Result<void>{};
}

// Refuses appends, then waits until all that was appended is on the disk and nothing is under way but reads.
Task<Result<void>> Log::Impl::begin_change() {
    while (exchanging_) co_await saved_.wait();
    if (phase_ != Phase::kOpen) co_return fail(Errc::kBusy, identity_.dir + " is being cut or closed");
    phase_ = Phase::kChanging;
    MOLDAU_CO_TRY(co_await writer_.wait_synced(end_offset()));
    MOLDAU_CO_TRY(co_await save_epochs());
    while (saving_aborted_) co_await saved_.wait();
    co_return co_await writer_.wait_idle();
}

Task<Result<void>> Log::Impl::write_marker(CutMarker marker) {
    cut_old_end_ = marker.old_end;
    co_return co_await io::replace_file(environment_.files, identity_.dir + '/' + kCutFile,
                                        bytes::View::copy_of(marker.format()));
}

Task<Result<void>> Log::Impl::truncate_to(Offset end) {
    if (end >= end_offset()) co_return Result<void>{};
    if (end <= segments_.front()->base_offset()) co_return co_await restart_at(end);
    const bool was_open = phase_ == Phase::kOpen;
    auto changed = co_await begin_change();
    if (changed) changed = co_await cut(end);
    co_return end_change(was_open, std::move(changed));
}

Task<Result<void>> Log::Impl::restart_at(Offset offset) {
    const bool was_open = phase_ == Phase::kOpen;
    auto changed = co_await begin_change();
    if (changed) changed = co_await start_anew(offset);
    co_return end_change(was_open, std::move(changed));
}

// After half a change the log must not be written to: what is on the disk is for recovery to finish.
Result<void> Log::Impl::end_change(bool was_open, Result<void> changed) {
    if (!was_open) return changed;
    if (!changed) writer_.fail_with(changed.error());
    phase_ = Phase::kOpen;
    saved_.notify_all();
    return changed;
}

Task<Result<void>> Log::Impl::cut(Offset end) {
    const Offset old_end = std::max(end_offset(), cut_old_end_.value_or(Offset{0}));
    MOLDAU_CO_TRY(co_await write_marker({.cut = end, .ceiling = end, .old_end = old_end}));
    MOLDAU_CO_TRY(co_await writer_.log_truncation(end));
    ++generation_;
    ++cuts_;
    reader_.forget_places();
    hot_.truncate_to(end);
    std::vector<SegmentRef> removed;
    while (segments_.count() > 1 && segments_.active()->base_offset() >= end) {
        removed.push_back(segments_.active());
        segments_.pop_back();
    }
    const SegmentRef holder = segments_.active();
    const auto segment = std::make_shared<Segment>(identity_.dir, holder->base_offset());
    constexpr std::uint64_t kWhateverItHas = std::numeric_limits<std::uint64_t>::max();
    SegmentRecovery recovery{.context = search_context(),
                             .cut_at = end,
                             .gaps = SegmentRecovery::Gaps::kLegal,
                             .offset_index_bytes = kWhateverItHas,
                             .time_index_bytes = kWhateverItHas};
    MOLDAU_CO_TRY(co_await recover_segment(recovery, segment, holder->bytes()));
    segment->set_created(environment_.executor.now().wall, roll_jitter(identity_, config_, segment->base_offset()));
    segment->txn_index() = holder->txn_index();
    segments_.pop_back();
    segments_.push_back(segment);
    for (const auto& gone : removed) MOLDAU_CO_TRY(co_await remove_segment(gone));
    const Offset new_end = segment->end_offset();
    hot_.truncate_to(new_end);
    writer_.restart(new_end);
    epochs_dirty_ = epochs_.truncate_to(new_end) || epochs_dirty_;
    MOLDAU_CO_TRY(co_await save_epochs());
    MOLDAU_CO_TRY(co_await reload_producers());
    co_return co_await write_marker({.ceiling = new_end, .old_end = old_end});
}

Task<Result<void>> Log::Impl::reload_producers() {
    MOLDAU_CO_TRY_ASSIGN(snapshot, co_await load_snapshot(environment_.files, {identity_.dir, end_offset(), end_offset()}));
    producers_ = std::move(snapshot.producers);
    snapshot_offset_ = snapshot.offset;
    const Offset from = std::max(snapshot.offset, log_start_);
    MOLDAU_CO_TRY(co_await truncate_txn_indexes(search_context(), segments_.all(), from));
    if (from >= end_offset()) co_return Result<void>{};
    LeaderEpochs epochs = epochs_;
    co_return co_await replay_states({.context = search_context(),
                                      .segments = segments_,
                                      .from = from,
                                      .producers_from = from,
                                      .high_watermark = high_watermark_,
                                      .heard_at = to_timestamp(environment_.executor.now().wall),
                                      .epochs = epochs,
                                      .producers = producers_});
}

Task<Result<void>> Log::Impl::start_anew(Offset offset) {
    const Offset old_end = std::max({end_offset(), offset, cut_old_end_.value_or(Offset{0})});
    MOLDAU_CO_TRY(co_await write_marker({.cut = Offset{0}, .start = offset, .ceiling = Offset{0}, .old_end = old_end}));
    MOLDAU_CO_TRY(co_await writer_.log_truncation(Offset{0}));
    ++generation_;
    ++cuts_;
    reader_.forget_places();
    hot_.clear();
    const auto removed = segments_.all();
    const auto segment = std::make_shared<Segment>(identity_.dir, offset);
    segment->set_created(environment_.executor.now().wall, roll_jitter(identity_, config_, offset));
    segments_.clear();
    segments_.push_back(segment);
    log_start_ = offset;
    producers_.clear();
    epochs_.clear();
    writer_.restart(offset);
    for (const auto& gone : removed) MOLDAU_CO_TRY(co_await remove_segment(gone));
    MOLDAU_CO_TRY(co_await remove_snapshots(Offset{0}, Offset{std::numeric_limits<std::int64_t>::max()}));
    snapshot_offset_ = Offset{-1};
    epochs_dirty_ = true;
    MOLDAU_CO_TRY(co_await save_epochs());
    MOLDAU_CO_TRY(co_await segment->file(environment_.files));
    co_return co_await write_marker({.ceiling = offset, .old_end = old_end});
}

Task<Result<void>> Log::Impl::finish_all() {
    const Offset end = end_offset();
    MOLDAU_CO_TRY(co_await flush());
    MOLDAU_CO_TRY(co_await writer_.wait_idle());
    MOLDAU_CO_TRY(co_await save_aborted());
    if (snapshot_offset_ != end && end > Offset{0}) {
        MOLDAU_CO_TRY(co_await save_snapshot(end, producers::encode_producer_snapshot(producers_.entries())));
    }
    co_return co_await segments_.active()->finish_active(environment_.files);
}

Task<void> Log::Impl::stop_all() {
    tasks_.request_stop();
    deletions_.notify_all();
    co_await tasks_.stop();
    co_await writer_.stop();
    while (reads_ > 0) co_await no_reads_.wait();
    for (const auto& segment : segments_.all()) segment->release_file();
}

Task<Result<void>> Log::Impl::close() {
    writer_.stop_waiting_for_space();
    while (phase_ == Phase::kChanging || exchanging_) co_await saved_.wait();
    if (phase_ == Phase::kClosed) co_return Result<void>{};
    phase_ = Phase::kClosed;
    auto finished = co_await finish_all();
    co_await stop_all();
    co_return finished;
}

Task<Result<std::string>> Log::Impl::close_and_mark_deleted(Uuid unique) {
    writer_.stop_waiting_for_space();
    while (phase_ == Phase::kChanging || exchanging_) co_await saved_.wait();
    phase_ = Phase::kClosed;
    co_await stop_all();
    const auto slash = identity_.dir.rfind('/');
    const std::string parent = slash == std::string::npos ? "." : identity_.dir.substr(0, slash);
    const std::string suffix = '.' + unique.to_string() + "-delete";
    std::string name = slash == std::string::npos ? identity_.dir : identity_.dir.substr(slash + 1);
    name.resize(std::min(name.size(), kFileNameMax - suffix.size()));
    const std::string renamed = parent + '/' + name + suffix;
    MOLDAU_CO_TRY(co_await io::rename(environment_.files, identity_.dir, renamed));
    MOLDAU_CO_TRY(co_await io::sync_dir(environment_.files, parent));
    co_return renamed;
}

}  // namespace moldau::log
