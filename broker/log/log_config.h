// The settings of one topic that its logs follow, with every default and override already resolved (server/settings).

#pragma once

#include <cstdint>
#include <limits>

#include "base/time.h"

namespace moldau::log {

// When does a record count? See docs/architecture.md, "Durability".
enum class Durability : std::uint8_t {
    kSynced,      // when a group commit has it on the disk
    kReplicated,  // when write(2) has taken it
};

struct LogConfig {
    std::int64_t segment_bytes = std::int64_t{1} << 30;
    Millis segment_ms = std::chrono::hours{7 * 24};
    Millis segment_jitter_ms{0};
    std::int32_t segment_index_bytes = 10 << 20;
    std::int32_t index_interval_bytes = 4096;
    bool preallocate = false;
    Durability durability = Durability::kSynced;
    // For kReplicated: a background sync after so many records or so long; the defaults mean never.
    std::int64_t flush_messages = std::numeric_limits<std::int64_t>::max();
    Millis flush_ms = kForever;
    // How long producers that are silent are remembered (producer.id.expiration.ms).
    Millis producer_expiration_ms = std::chrono::hours{24};
    // At this many live producers per partition new ones get a retriable error; nobody is forgotten in silence.
    std::size_t producers_max = 100'000;
    // Larger batches skip the write-ahead log and sync their segment (docs/decisions/0001 has the measurement).
    std::size_t wal_batch_bytes_max = 128 << 10;
    // How long the files of deleted and compacted segments stay under another name (file.delete.delay.ms).
    Millis file_delete_delay{0};
    // cleanup.policy, and what it goes by; `store` does the work. A negative limit means none.
    bool deletes = false;
    bool compacts = false;
    std::int64_t retention_ms = -1;
    std::int64_t retention_bytes = -1;
    std::int64_t delete_retention_ms = 86'400'000;
    std::int64_t min_compaction_lag_ms = 0;
    std::int64_t max_compaction_lag_ms = std::numeric_limits<std::int64_t>::max();
    double min_cleanable_dirty_ratio = 0.5;
    // Bytes of the newest batches kept in memory for readers.
    std::size_t hot_tail_bytes = 4 << 20;

    bool operator==(const LogConfig&) const = default;
};

}  // namespace moldau::log
