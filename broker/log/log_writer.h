// Carries appended batches to the segments and to the write-ahead log, and knows how far they are safe.
//
// The problem: a system call per batch is too dear, a sync per batch impossible, and what is safe must never be overstated.
// The idea: batches queue; one gather write per segment is under way at a time while the next batches gather; syncs follow
// one another, each for all that was written before it began. The ends are computed from three facts: what segments have by
// write(2), what a sync of them covered, and what the write-ahead log has on the disk.
//
// `written_end`: a killed process loses nothing below it. `durable_end`: neither does a power loss. A batch that the
// write-ahead log did not get (too large, or the topic is `replicated`) holds durable_end back until its segment is synced.
//
// A full disk is no failure: what is queued stays queued, and is written again from the same position once a second until
// there is space. Any other error, and every failed sync, is final.
// Place: one per `Log`; the only thing that writes to its segments after recovery.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "base/task_group.h"
#include "bytes/buffer.h"
#include "io/executor.h"
#include "io/file.h"
#include "io/wait_list.h"
#include "log/log_config.h"
#include "log/segment.h"
#include "wal/write_ahead_log.h"

namespace moldau::log {

// Queued and not yet written; at it appends are refused with kBusy.
inline constexpr std::size_t kQueuedBytesMax = 64 << 20;

// Lifetime: stop() before destroying. Thread: its log's core. Invariants: recovery_point <= durable_end; all ends <= the end
// of the last append; after a failure no end moves any more.
class LogWriter {
public:
    struct Environment {
        io::Executor& executor;
        io::FileSystem& files;
        wal::WriteAheadLog* wal = nullptr;
        wal::WalPartition partition;
        std::string dir;
        // Hears of every error that a write met: each time that the disk was full, once when the log failed.
        std::function<void(const Error&)> on_trouble;
    };
    // Everything below `end` is in segments, everything below `synced_end` on the disk there.
    struct Ends {
        Offset written;
        Offset synced;
    };
    LogWriter(Environment environment, Ends ends);
    ~LogWriter() { cancel_rest(); }

    struct Batch {
        std::shared_ptr<Segment> segment;
        std::uint64_t position = 0;
        Offset base;
        Offset end;
        bytes::ChunkList bytes;
    };
    // Would append() take a batch of `bytes`? Errors: kBusy, kKafkaStorageError after a failure.
    Result<void> admit(std::size_t bytes) const;
    // Queues what was admitted. Errors: those of the write-ahead log; then nothing was queued.
    Result<void> append(Batch batch, const LogConfig& config);

    Offset segment_end() const { return segment_end_; }
    Offset written_end() const;
    Offset durable_end() const;
    // Everything below is on the disk, in segments whose indexes are complete when they are closed.
    Offset recovery_point() const;
    const std::optional<Error>& failure() const { return failure_; }
    // Why writes rest at the moment: the disk is full. Nullopt while they succeed.
    const std::optional<Error>& full() const { return full_; }
    // Does something wait for its segment that the write-ahead log has not got?
    bool has_unlogged() const { return !unlogged_.empty(); }
    // From now on a full disk is a failure like any other: somebody waits for the end.
    void stop_waiting_for_space();
    // When the oldest batch that is not synced was queued; nullopt when there is none.
    std::optional<MonoTime> unsynced_since() const { return unsynced_since_; }

    // Nothing more is appended to `segment`: its indexes are finished and it is synced in the background.
    void close_segment(std::shared_ptr<Segment> segment);
    // Starts a sync of the segments up to `end` in the background.
    void sync_soon(Offset end);
    // Resolve when everything below `end` is in the segments / on the disk there, or with the failure.
    Task<Result<void>> wait_written(Offset end);
    Task<Result<void>> wait_synced(Offset end);
    // Resolves when nothing is under way, also nothing at the write-ahead log.
    Task<Result<void>> wait_idle();
    // The log was cut or begun anew while idle: nothing is at or beyond `end`, and what is below is on the disk.
    void restart(Offset end);
    // Records the cut in the write-ahead log, if there is one.
    Task<Result<void>> log_truncation(Offset end);

    // Runs at the end of the turn in which an end moved or the log failed. One only.
    void on_progress(io::Callback callback) { on_progress_ = std::move(callback); }
    void fail_with(Error error);
    // Waits for what is under way and starts nothing more; what waits for space is given up.
    Task<void> stop();

private:
    struct Range {
        Offset base;
        Offset end;
    };
    void troubled(Error error);
    void rest();
    void wake();
    void cancel_rest() {
        if (rest_timer_) environment_.executor.cancel(*rest_timer_);
    }
    void went_well() {
        if (!rest_timer_) full_.reset();
    }
    void start_writing();
    Task<void> write_loop();
    Task<Result<void>> write_front();
    void note_written(Segment& segment, std::size_t bytes, std::size_t batches);
    void start_syncing();
    bool sync_is_due() const;
    bool finish_is_due() const;
    Task<void> sync_loop();
    Task<Result<void>> write_indexes();
    Task<Result<void>> sync_round();
    Task<Result<void>> sync_dirty();
    Task<Result<void>> sync_segment(Segment& segment);
    void note_unlogged(Range range);
    void moved();
    bool is_idle() const;
    template <class Reached>
    Task<Result<void>> wait_until(Reached reached);

    Environment environment_;
    std::vector<Batch> queue_;
    std::size_t queued_bytes_ = 0;
    std::vector<std::shared_ptr<Segment>> dirty_;  // in the order of their offsets
    std::vector<Range> unlogged_;                  // not in the write-ahead log, ascending, not synced yet
    Offset end_;                                   // of the last append
    Offset segment_end_;
    Offset synced_end_;
    Offset wal_end_;
    Offset sync_goal_;
    std::optional<MonoTime> unsynced_since_;
    std::optional<Error> failure_;
    std::optional<Error> full_;
    std::optional<io::TimerId> rest_timer_;  // while writes and syncs rest
    std::size_t wal_pending_ = 0;
    bool writing_ = false;
    bool syncing_ = false;
    bool index_due_ = false;  // index tails have grown full
    bool progress_due_ = false;
    bool impatient_ = false;  // a full disk is not waited for
    io::Callback on_progress_;
    io::WaitList waiters_;
    TaskGroup tasks_;
};

}  // namespace moldau::log
