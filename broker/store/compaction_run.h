// Compacts one log once: reads what is new of it, then writes what is left of its closed segments to new ones, which take
// their place group by group.
//
// The problem: this moves gigabytes beside the clients' work, and may be broken off at any moment. The idea: the deciding is
// pure (`compaction`); here batches are read in small pieces, each followed by a pause if the pace says so, and every group
// that was exchanged is a gain that stays. Place: `Cleaner` starts one at a time.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "bytes/codec.h"
#include "compaction/batch_cleaner.h"
#include "compaction/cleanable.h"
#include "io/file.h"
#include "log/log.h"
#include "log/segment_search.h"

namespace moldau::store {

struct CompactionOptions {
    log::Log& log;
    io::FileSystem& files;
    compaction::Cleanable range;
    Offset high_watermark;
    compaction::HashSeed seed;
    std::size_t dedupe_bytes = 0;
    std::int64_t now = 0;
    // Called after so many bytes were read or written; false: break off.
    std::function<Task<bool>(std::size_t bytes)> pace;
};

struct CompactionResult {
    Offset cleaned_to;
    compaction::CleaningStats stats;
    std::size_t segments_before = 0;
    std::size_t segments_after = 0;
};

// What compaction must know of each closed segment; timestamps only when they are asked for: they may have to be read.
enum class Timestamps : std::uint8_t { kLookedUp, kLeftOut };
Task<Result<std::vector<compaction::SegmentFacts>>> closed_segments(log::Log& log, io::FileSystem& files,
                                                                    Timestamps timestamps);

// Errors: kClosed when the pace broke it off or the log was closed; kBusy when it was cut meanwhile; kCorrupt,
// kCorruptMessage, kInvalidRecord for damage; kLimitExceeded when the keys of one batch do not fit; kIo, kDiskFull. What was
// exchanged before stays, and is right by itself.
Task<Result<CompactionResult>> compact(CompactionOptions options);

}  // namespace moldau::store
