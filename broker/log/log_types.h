// The small values that a log takes and gives; see log/log.h for what they mean there.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "bytes/buffer.h"
#include "producers/aborted_transaction.h"

namespace moldau::log {

struct AppendedRange {
    Offset base;
    Offset end;  // one past the last record
    // Set when the producer had sent this batch before: base and end are those of the first time, nothing was appended.
    bool duplicate = false;
    // LogAppendTime, or -1 for CreateTime topics.
    std::int64_t append_timestamp = -1;
};

using producers::AbortedTransaction;

struct ReadOptions {
    Offset from;
    Offset end;  // exclusive: high watermark or last stable offset
    std::size_t bytes_max = 1 << 20;
    // Return the first batch whole even when it is longer than bytes_max (KIP-74).
    enum class FirstBatch { kAlways, kOnlyIfItFits } first_batch = FirstBatch::kOnlyIfItFits;
    // Whether the reader wants to know of aborted transactions.
    enum class Aborted { kIgnored, kListed } aborted = Aborted::kIgnored;
    // Whether what lies in files may come as file ranges, for whoever only sends it on.
    enum class Form : std::uint8_t { kMemory, kMemoryOrFile } form = Form::kMemory;
};

struct ReadRange {
    bytes::ChunkList batches;  // whole batches, verbatim; the first may begin before `from`
    Offset end;                // one past the last record returned, `from` when none
    // All that have records in [from, end), by the offset of their markers.
    std::vector<AbortedTransaction> aborted = {};
};

struct TimestampedOffset {
    std::int64_t timestamp = -1;
    Offset offset{-1};
    LeaderEpoch epoch = kNoLeaderEpoch;
};

// How far recovery may trust the files; found out by `DataDir` (store/data_dir.h).
enum class Shutdown : std::uint8_t {
    kClean,        // marker present: segments are complete
    kProcessDied,  // same boot: write(2) is intact, write-ahead log may be ahead of segments
    kPowerLost,    // another boot: only what was synced is certain
};

struct LogIdentity {
    std::string dir;  // "<log dir>/<topic>-<partition>"
    TopicPartition name;
    TopicId topic_id;
};

// What recovery found; for logs, metrics and the replica's eligibility.
struct RecoveryReport {
    std::uint64_t bytes_cut = 0;
    std::uint64_t entries_replayed = 0;
    std::uint64_t indexes_rebuilt = 0;
    // The end is below the high watermark checkpoint, or valid batches followed damage: bytes were moved aside.
    std::optional<std::string> damage;
};

}  // namespace moldau::log
