// What a `Log` consists of, and how its parts work together; for log.cc, log_changes.cc only.
//
// `append` runs without waiting: producers decide, the active segment counts, the writer queues, the hot tail keeps. What
// waits (closing, cutting) first sets `phase_`, so that nothing is appended meanwhile, then waits until the writer is idle.

#pragma once

#include <string>

#include "io/wait_list.h"
#include "log/cut_marker.h"
#include "log/hot_tail.h"
#include "log/log.h"
#include "log/log_reader.h"
#include "log/log_writer.h"
#include "log/recovery.h"
#include "log/segment_swap.h"

namespace moldau::log {

class Log::Impl {
public:
    Impl(LogIdentity identity, LogConfig config, LogEnvironment environment, RecoveredLog recovered);

    Result<AppendedRange> append(const wire::ValidatedBatch& batch, LeaderEpoch epoch, Now now);
    Task<Result<ReadRange>> read(ReadOptions options);
    std::optional<Result<ReadRange>> read_now(const ReadOptions& options);
    Task<Result<std::optional<TimestampedOffset>>> find_timestamp(std::int64_t timestamp, Offset end);
    Task<Result<std::optional<TimestampedOffset>>> find_max_timestamp(Offset end);

    Task<Result<void>> flush();
    Task<Result<void>> truncate_to(Offset end);
    Task<Result<void>> restart_at(Offset offset);
    Task<Result<void>> advance_start(Offset offset);
    Task<Result<void>> replace_segments(std::vector<SegmentRef> old, SegmentRef fresh);
    void reconfigure(const LogConfig& config);
    void tick(Now now);
    void roll(Offset base, Now now);
    Task<Result<void>> close();
    Task<Result<std::string>> close_and_mark_deleted(Uuid unique);

    Offset end_offset() const { return segments_.active()->end_offset(); }
    Offset committed_end() const {
        return config_.durability == Durability::kSynced ? writer_.durable_end() : writer_.written_end();
    }
    Offset recovery_point() const;
    Offset last_stable_offset(Offset high_watermark) const;
    void high_watermark_moved(Offset high_watermark);
    Stats stats() const;
    void progressed();

    LogIdentity identity_;
    LogConfig config_;
    LogEnvironment environment_;
    SegmentList segments_;
    LeaderEpochs epochs_;
    producers::ProducerStates producers_;
    Offset log_start_;
    RecoveryReport report_;
    HotTail hot_;
    LogWriter writer_;
    LogReader reader_;
    io::Callback on_progress_;

private:
    enum class Phase : std::uint8_t { kOpen, kChanging, kClosed };

    Result<void> may_append(const wire::ValidatedBatch& batch, LeaderEpoch epoch) const;
    void after_append();
    void snapshot_soon(Offset offset);
    ReadRange take_hot(std::size_t first, const ReadOptions& options) const;
    std::optional<Result<ReadRange>> hot_range(const ReadOptions& options) const;
    bool list_aborted_now(ReadRange& range, const ReadOptions& options) const;
    Task<Result<ReadRange>> list_aborted(ReadRange range, Offset from);
    Task<Result<ReadRange>> read_once(ReadOptions options);
    Result<void> check_range(const ReadOptions& options) const;
    Task<Result<ReadRange>> read_files(ReadOptions options);
    SearchContext search_context() const;

    // Small files beside the segments.
    Task<Result<void>> save_epochs();
    Task<Result<void>> save_aborted();
    Task<Result<void>> save_snapshot(Offset offset, bytes::View content);
    Task<void> save_in_background(Offset offset, bytes::View content);
    bool states_outlive(const Segment& gone) const;
    Task<Result<void>> save_states();
    Task<Result<void>> remove_snapshots(Offset from, Offset to);

    // Cutting; see log_changes.cc.
    Task<Result<void>> begin_change();
    Result<void> end_change(bool was_open, Result<void> changed);
    Task<Result<void>> cut(Offset end);
    Task<Result<void>> start_anew(Offset offset);
    Task<Result<void>> reload_producers();
    Task<Result<void>> remove_segment(SegmentRef segment);
    Task<Result<void>> drop_segment(SegmentRef segment);
    Task<void> remove_later(std::vector<SegmentRef> gone, MonoTime when);
    Result<void> may_replace(const std::vector<SegmentRef>& old) const;
    Task<Result<void>> exchange(SegmentFolder folder, std::vector<SegmentRef> old, SegmentRef fresh);
    Task<Result<void>> write_marker(CutMarker marker);
    Task<Result<void>> finish_all();
    Task<void> stop_all();

    Phase phase_ = Phase::kOpen;
    MonoTime last_append_{};
    bool epochs_dirty_ = false;
    bool saving_epochs_ = false;
    bool exchanging_ = false;  // segments for compacted ones
    bool saving_aborted_ = false;
    Offset high_watermark_;              // as last heard
    std::optional<Offset> cut_old_end_;  // there is a cut marker in the folder
    Offset snapshot_offset_;             // of the newest snapshot file
    std::uint64_t bytes_since_snapshot_ = 0;
    std::uint64_t generation_ = 0;  // counts changes of what is stored where, for reads under way
    std::uint64_t cuts_ = 0;        // counts those that took offsets back, for snapshots under way
    std::size_t reads_ = 0;         // under way
    io::WaitList no_reads_;
    io::WaitList saved_;
    io::WaitList deletions_;
    TaskGroup tasks_;
};

}  // namespace moldau::log
