// Finding a place in one segment: by offset and by timestamp. Every index entry is checked against its batch before it is
// believed; indexes that lie are built anew.

#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "bytes/codec.h"
#include "io/file.h"
#include "log/batch_cursor.h"
#include "log/segment_list.h"

namespace moldau::log {

struct SearchContext {
    io::FileSystem& files;
    std::string dir;
    std::int32_t index_interval_bytes = 4096;
    std::size_t piece_bytes = 64 << 10;
};

struct Sought {
    std::optional<FoundBatch> batch;  // the first whose last offset is >= the one asked for; nullopt past the end
    BatchCursor cursor;               // stands after it
};

// Among what has been written. Errors: kIo, kCorrupt.
Task<Result<Sought>> seek(SearchContext context, SegmentRef segment, Offset offset);

// The indexes of a closed segment, from its batches, in memory and in their files.
Task<Result<void>> rebuild_indexes(SearchContext context, SegmentRef segment);

// What the index files of a segment vouch for, up to the batch at `position`. Only after a process death may it be believed:
// what stands before a batch that was written was written too.
struct KnownPrefix {
    std::uint64_t position = 0;
    Offset base;  // of that batch
    std::uint32_t offset_entries = 0;
    std::uint32_t time_entries = 0;
    TimestampOffset largest;  // up to that batch, it included
    std::int64_t first_timestamp = -1;
};
// Nullopt when the files are missing or implausible, or no entry leads to a valid batch below `file_bytes`.
Task<Result<std::optional<KnownPrefix>>> known_prefix(SearchContext context, Offset base, std::shared_ptr<io::File> file,
                                                      std::uint64_t file_bytes);

// The largest timestamp of the batches that end at or below `end`, and the last offset of the first batch that has it;
// timestamp -1 when there is none.
Task<Result<TimestampOffset>> largest_timestamp(SearchContext context, SegmentRef segment, Offset end);

struct FoundRecord {
    std::int64_t timestamp = -1;
    Offset offset{-1};
    LeaderEpoch epoch = kNoLeaderEpoch;
};
struct TimestampQuery {
    std::int64_t timestamp = 0;
    Offset from;  // records below do not count
    Offset end;   // nor do those at or beyond
};
// The first record whose timestamp is at least the one asked for.
Task<Result<std::optional<FoundRecord>>> find_by_timestamp(SearchContext context, SegmentRef segment, TimestampQuery query);

}  // namespace moldau::log
