// From a partition's folder to the state of its log, whatever happened to the process or the power before.
//
// By design section 5: after a clean stop segments are trusted, after anything else they are walked from the recovery point
// on (log/segment_recovery.h) and completed from the write-ahead log. Then epochs and producers are brought up to the end.
// Nothing that was data is deleted. May itself crash anywhere and be run again. Place: `Log::open` calls it, once.

#pragma once

#include "base/result.h"
#include "base/task.h"
#include "io/executor.h"
#include "io/file.h"
#include "log/leader_epochs.h"
#include "log/log.h"
#include "log/segment_list.h"
#include "log/segment_search.h"
#include "producers/producer_states.h"

namespace moldau::log {

inline constexpr const char* kEpochFile = "leader-epoch-checkpoint";
inline constexpr const char* kMetadataFile = "partition.metadata";

struct RecoveredLog {
    SegmentList segments;  // never empty
    LeaderEpochs epochs;
    producers::ProducerStates producers;
    Offset log_start;
    Offset snapshot_offset{-1};         // of the newest producer snapshot
    std::optional<Offset> cut_old_end;  // a cut marker stays until the log is synced up to here
    RecoveryReport report;
};

// When it resolves everything found is on the disk, unless the last stop was clean and it was there already.
// Errors: kIo, kCorrupt (another topic's folder), kNewerFormat.
Task<Result<RecoveredLog>> recover_log(LogIdentity identity, LogConfig config, LogEnvironment environment);

// How much earlier than segment_ms the segment at `base` rolls, so that partitions made together do not all roll together.
Millis roll_jitter(const LogIdentity& identity, const LogConfig& config, Offset base);

// Brings epochs, producers and transaction indexes up to date with the batches from `from` on; those below `producers_from`
// only fill the producers' windows.
struct StateReplay {
    SearchContext context;
    const SegmentList& segments;
    Offset from;
    Offset producers_from;
    Offset high_watermark;  // at least
    std::int64_t heard_at = -1;
    LeaderEpochs& epochs;
    producers::ProducerStates& producers;
};
Task<Result<void>> replay_states(StateReplay replay);
// Forgets aborted transactions that such a replay finds anew.
Task<Result<void>> truncate_txn_indexes(SearchContext context, std::vector<SegmentRef> segments, Offset producers_from);

// The newest usable snapshot at or below `newest`; unusable ones and those beyond `end` are removed. The offset is -1 when
// there is none.
struct LoadedSnapshot {
    Offset offset{-1};
    bool removed_others = false;  // of another timeline, or damaged: gone for good once the folder is synced
    producers::ProducerStates producers;
};
struct SnapshotSearch {
    std::string dir;
    Offset end;  // of the log
    Offset newest;
};
Task<Result<LoadedSnapshot>> load_snapshot(io::FileSystem& files, SnapshotSearch search);

}  // namespace moldau::log
