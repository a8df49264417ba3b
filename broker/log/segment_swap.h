// How compacted segments take the place of those that they were made from, so that after any crash one or the other is
// there.
//
// The protocol is Kafka's, by the suffixes of file names:
//
//   .cleaned   being written; a start removes it
//   .swap      complete and on the disk; a start finishes the exchange
//   .deleted   replaced or expired; its bytes go after file.delete.delay.ms, or at the next start
//
// A new segment has the name of the first that it replaces and ends where the last of them ended, so that a start finds out
// from it which those are. The `.log` file gets the next suffix after the index files, and names are synced in between: the
// exchange counts from the moment when `.log.swap` is on the disk until it has become `.log`.
// Place: `Log::Impl` runs the steps, recovery finishes them.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "io/file.h"
#include "log/segment.h"
#include "log/segment_list.h"

namespace moldau::log {

inline constexpr std::string_view kCleanedSuffix = ".cleaned";
inline constexpr std::string_view kSwapSuffix = ".swap";
inline constexpr std::string_view kDeletedSuffix = ".deleted";

// One folder and the way to it.
struct SegmentFolder {
    io::FileSystem& files;
    std::string dir;
};

// From `.cleaned` to `.swap`, first the index files, then the segment. When announce_swap() resolves the exchange is on the
// disk.
Task<Result<void>> prepare_swap(SegmentFolder folder, SegmentRef fresh);
Task<Result<void>> announce_swap(SegmentFolder folder, SegmentRef fresh);
// Removes the new files, unless announce_swap() was called. Errors are the next start's business.
Task<void> discard_cleaned(SegmentFolder folder, Offset base);
// From `.swap` to the names that count, and `old`, the segments that it was made from, to `.deleted`. Reads that use any of
// them go on. Producer snapshots at the bases of all but the first of `old` are removed.
Task<Result<void>> complete_swap(SegmentFolder folder, SegmentRef fresh, std::vector<SegmentRef> old);
// Gives the files of a segment that is no longer in the log the suffix `.deleted`.
Task<Result<void>> mark_deleted(SegmentFolder folder, SegmentRef segment);
// Removes the files of a segment under the names that it has now.
Task<Result<void>> remove_files(SegmentFolder folder, SegmentRef segment);

// At a start: finishes exchanges that count, removes the files of those that do not and of what was deleted. `entries`, the
// files of the folder with their sizes, follows. Errors: kIo; kCorrupt when a `.log.swap` is damaged (nothing was changed).
Task<Result<void>> recover_swaps(SegmentFolder folder, std::map<std::string, std::uint64_t>& entries);

}  // namespace moldau::log
