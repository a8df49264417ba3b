// Makes one segment whole after a crash: what is valid stays, what the write-ahead log has is completed, what is torn is
// cut, and what cannot be explained is kept aside.
//
// The problem: after a power loss any part of what was not synced may be missing, also in the middle, and after a process
// death the last write may be torn. The idea: walk the batches with their checksums; where the file stops making sense, or
// contradicts the write-ahead log, the log's entry for that very offset takes its place; where there is none, the segment
// ends. Only then the rest is looked at: if anything valid is in it, it was data once, and is moved aside, never deleted
// (design section 5). May itself crash at any operation and be run again.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "log/segment_search.h"
#include "wal/write_ahead_log.h"

namespace moldau::log {

// Is there a whole batch with a valid checksum and a base offset of at least `offset_min` anywhere in `bytes`? Pure; the
// position of the first one, nullopt when there is none.
std::optional<std::size_t> find_valid_batch(bytes::Span bytes, Offset offset_min);

// What is to be done with the bytes after the last valid batch. Pure.
enum class TailVerdict : std::uint8_t {
    kNothing,    // there are none
    kCut,        // a torn write: they go
    kMoveAside,  // they were data once, or data is missing: they are kept in another file
};
struct TailFacts {
    std::uint64_t bytes = 0;     // after the last valid batch
    bool valid_follows = false;  // a valid batch, or a segment with something in it, follows
    Offset end;                  // of the last valid batch
    Offset high_watermark;       // as last recorded
};
TailVerdict judge_tail(const TailFacts& facts);

struct SegmentRecovery {
    SearchContext context;
    const std::vector<wal::WalReplay::Entry>* replay = nullptr;  // of this partition, or null
    std::optional<Offset> next_base;                             // where the next segment begins
    bool later_has_data = false;                                 // one of the later segments is not empty
    Offset high_watermark;
    std::optional<Offset> cut_at;  // what begins or ends beyond is cut, on purpose
    // Batches that were appended here follow one another; only compacted segments have gaps between offsets, and those are
    // never the last. The base offset is not under the checksum, so that a gap is all that shows a damaged one.
    enum class Gaps : std::uint8_t { kDamage, kLegal } gaps = Gaps::kDamage;
    std::uint64_t bytes_max = 0;  // entries of the write-ahead log go to a new segment beyond it
    // Only the process died: the walk begins where the index files end.
    enum class Indexes : std::uint8_t { kIgnored, kBelieved } indexes = Indexes::kIgnored;
    // The sizes of the index files; what is not kept of them goes.
    std::uint64_t offset_index_bytes = 0;
    std::uint64_t time_index_bytes = 0;
};

struct RecoveredSegment {
    std::uint64_t bytes_cut = 0;
    std::uint64_t entries_replayed = 0;
    std::optional<std::string> damage;
    bool wants_new_segment = false;  // the next entry of the write-ahead log does not fit
};

// `file_bytes` is the file's size. When it resolves the segment's extent and indexes are set and the file is on the disk.
Task<Result<RecoveredSegment>> recover_segment(SegmentRecovery recovery, SegmentRef segment, std::uint64_t file_bytes);

}  // namespace moldau::log
