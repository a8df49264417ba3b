// One partition's log on this broker: segments, hot tail, indexes, epochs, producers.
//
// The problem: appends must return at once and keep their order, the disk may take its time, and readers must see only what
// is safe. The idea: `append` assigns offsets in memory and queues the writes; two ends follow it, `written_end` (write(2)
// has it: a killed process loses nothing) and `durable_end` (a power loss loses nothing); whoever decides about
// acknowledgements and the high watermark (`replica`) watches them. Reads take the newest batches from memory and older ones
// from files. Place: below `replica` and `raft`'s storage; above segments and the write-ahead log; knows nothing of
// replication.

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
#include "base/time.h"
#include "bytes/buffer.h"
#include "io/executor.h"
#include "io/file.h"
#include "log/leader_epochs.h"
#include "log/log_config.h"
#include "log/log_types.h"
#include "log/segment_list.h"
#include "producers/producer_states.h"
#include "wal/write_ahead_log.h"
#include "wire/produce_validation.h"

namespace moldau::log {

class HotBudget;

struct LogEnvironment {
    io::Executor& executor;
    io::FileSystem& files;
    wal::WriteAheadLog* wal = nullptr;       // null: `synced` syncs the segment itself
    const wal::WalReplay* replay = nullptr;  // entries to complete the segments with
    HotBudget* hot_budget = nullptr;         // null: each hot tail has its own bound only
    Shutdown shutdown = Shutdown::kClean;
    Offset high_watermark_checkpoint{0};  // a torn end below it is not cut in silence
    Offset recovery_point{0};             // segments below are known to be on the disk
    Offset log_start_checkpoint{0};       // as advance_start() left it; segments below go
    // Hears of every error that a write met: each time that the disk was full, once when the log failed. It must not call
    // the log.
    std::function<void(const Error&)> on_trouble = {};
};

// Lifetime: opened and owned by `LogStore` or the metadata shell; close() before destroying. Thread: its core.
// Invariants: log_start_offset <= local_log_start_offset <= end_offset; durable_end <= end_offset; written_end <=
// end_offset; ends only move forward, except by truncate_to and restart_at.
class Log {
public:
    // Opens the folder, creating it when absent (with partition.metadata), recovers by design section 5.
    // Errors: kIo, kCorrupt (with file and position), kNewerFormat.
    static Task<Result<std::unique_ptr<Log>>> open(LogIdentity identity, LogConfig config, LogEnvironment environment);
    ~Log();

    // Appends one validated batch at end_offset() as the leader of `epoch`; patches base offset and epoch. Returns at once:
    // the range is in memory and queued. Producer rules are applied first (idempotence, five-batch window): duplicates come
    // back as such. Errors: kOutOfOrderSequenceNumber, kInvalidProducerEpoch, kBusy (too many producers or queued bytes),
    // kKafkaStorageError/kIo once a write has failed, kRecordListTooLarge above segment_bytes.
    Result<AppendedRange> append(wire::ValidatedBatch batch, LeaderEpoch epoch, Now now);

    Offset log_start_offset() const;
    Offset local_log_start_offset() const;
    Offset end_offset() const;
    Offset written_end() const;
    Offset durable_end() const;
    // Segments below are complete on the disk, indexes included: what the recovery point checkpoint gets. <= durable_end().
    Offset recovery_point() const;
    // The end that counts for acknowledgements under this log's durability.
    Offset committed_end() const;
    // The failure that made the log read-only, if any.
    const std::optional<Error>& failure() const;
    // Why what was appended does not come to count for now: the disk is full, the log tries again each second. Nullopt when
    // nothing holds it up.
    std::optional<Error> held_up() const;
    // Its disk failed elsewhere: read-only from now on.
    void fail_with(Error error);
    // From now on a full disk is a failure like any other. For the end.
    void stop_waiting_for_space();

    // `callback` runs (on the core, coalesced per turn) after written_end, durable_end or failure changed. One only.
    void on_progress(std::function<void()> callback);

    // Batches from the one that holds `from` (or the next after a gap) up to `end`. Immediate from the hot tail.
    // Errors: kOffsetOutOfRange when `from` is below log_start_offset or above end_offset; kIo, kCorrupt; kBusy when the log
    // changes all the time.
    Task<Result<ReadRange>> read(ReadOptions options);
    // The same without waiting, when memory has it or, for who takes file ranges, the page cache; nullopt when the disk must
    // be asked.
    std::optional<Result<ReadRange>> read_now(const ReadOptions& options);

    // The first record at or after `timestamp`, below `end`; nullopt when there is none.
    Task<Result<std::optional<TimestampedOffset>>> find_timestamp(std::int64_t timestamp, Offset end);
    // The record with the largest timestamp (ListOffsets -3, KIP-734); nullopt when empty.
    Task<Result<std::optional<TimestampedOffset>>> find_max_timestamp(Offset end);

    // What is known of every live idempotent producer, in the order of their ids (DescribeProducers).
    std::vector<producers::ProducerEntry> producers() const;
    // Which of their batches a repeat is recognised by; compaction keeps those.
    std::vector<producers::RepeatWindow> repeat_windows() const;
    // The end of what read_committed consumers may read: where the first open transaction begins, `high_watermark` when
    // there is none; a transaction also counts as open while its marker is not below `high_watermark`. KIP-98.
    Offset last_stable_offset(Offset high_watermark) const;
    // The high watermark will not fall below, unless the log is cut: less to keep in mind for last_stable_offset().
    void high_watermark_moved(Offset high_watermark);

    LeaderEpoch latest_epoch() const;
    // KIP-101/320: where `epoch` ended. {kNoLeaderEpoch, -1} when it is older than all known.
    EpochEnd end_of_epoch(LeaderEpoch epoch) const;
    // The epoch of the record at `offset`.
    LeaderEpoch epoch_at(Offset offset) const;

    // Resolves when everything appended before the call is in segments and on the disk; also writes indexes and checkpoints.
    Task<Result<void>> flush();
    // Cuts the log to [.., end). Resolves when the cut is on the disk.
    Task<Result<void>> truncate_to(Offset end);
    // Forgets everything and starts anew, empty, at `offset` (a snapshot took its place).
    Task<Result<void>> restart_at(Offset offset);
    // Moves log_start_offset forward; whole segments below are deleted: renamed at once, and their bytes go after
    // file.delete.delay.ms.
    Task<Result<void>> advance_start(Offset offset);

    // All segments, oldest first; the last one is appended to. For `store`, which cleans them.
    std::vector<SegmentRef> segments() const;
    // Closes the active segment unless it is empty, and begins another.
    void roll(Now now);
    // `fresh`, complete on the disk with the suffix `.cleaned`, takes the place of `old`, neighbours in segments() of which
    // none is the active one; it begins and ends where they do. When it resolves the exchange is on the disk. Reads under
    // way go on. Errors: kBusy when the log was cut, begun anew or shortened meanwhile (then the new files are removed);
    // kIo, kDiskFull, after which the log is read-only.
    Task<Result<void>> replace_segments(std::vector<SegmentRef> old, SegmentRef fresh);

    // Settings changed: take effect with the next append.
    void reconfigure(const LogConfig& config);
    // Time-driven work, called about once a second: roll by time, flush.ms, producer expiry.
    void tick(Now now);

    struct Stats {
        std::uint64_t bytes = 0;
        std::size_t segments = 0;
        std::size_t producers = 0;
        std::size_t hot_bytes = 0;
    };
    Stats stats() const;
    const LogIdentity& identity() const;
    const LogConfig& config() const;
    const RecoveryReport& recovery() const;

    // Writes all, producer snapshot and epochs included, and closes the files. kClean if nothing failed.
    Task<Result<void>> close();
    // Closes and moves the folder aside as "<name>.<uuid>-delete"; the bytes go in the background (LogStore).
    Task<Result<std::string>> close_and_mark_deleted(Uuid unique);

private:
    class Impl;
    explicit Log(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace moldau::log
