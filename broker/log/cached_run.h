// A run of whole batches as a range of the segment's file, for whoever only sends it on.
//
// The problem: to give whole batches below an offset one must know where they begin and end, but their records, most of the
// bytes, need not come into this process at all. The idea: walk from header to header with reads that the page cache
// answers, and hand out the file range that they span. Not worth it for small batches, where walking costs as much as
// copying. Place: `LogReader`'s other way of reading.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "bytes/buffer.h"
#include "io/file.h"
#include "log/log_types.h"

namespace moldau::log {

// Batches shorter than this on average are read into memory.
inline constexpr std::size_t kBatchBytesForRanges = 8 << 10;

struct RunStart {
    std::uint64_t position = 0;  // where a batch begins
    std::uint64_t file_end = 0;  // of what is written
    Offset offset_min;           // what the first batch's base offset must reach
};
struct CachedRun {
    bytes::FileRange range;
    Offset end;                      // one past its last record
    std::uint64_t position_end = 0;  // in the file
};
// As many whole batches as `options` allow, all of them in the page cache. Nullopt when nothing can be given so: not cached,
// small batches, or what stands there is no plausible batch; reading into memory then gives them, or says what is wrong.
std::optional<CachedRun> cached_run(io::File& file, RunStart start, const ReadOptions& options);

}  // namespace moldau::log
