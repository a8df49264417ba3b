// The aborted transactions of one segment: those whose abort marker is in it.
//
// The problem: a consumer that reads only what was committed gets the bytes of aborted transactions too, and drops them by a
// list of producers that comes along; the broker must make that list for any range of offsets without reading markers. The
// idea: one entry per abort marker, in the order of the markers, in a file beside the segment; the newest stay in memory. An
// entry says where the earliest transaction began that was still open, so that a search through later segments knows when to
// stop. Unlike other indexes it is no hint: a missing entry would show aborted records. So entries are on the disk before a
// producer snapshot beyond their markers is, and recovery finds all later ones in the batches again. Place: part of
// `Segment`. Kafka's format, docs/formats/transaction-index.md:
//
//   file  = entry*                                   no file when there are none; entries ascend in last-offset
//   entry = version:int16(0) producer-id:int64 first-offset:int64 last-offset:int64 last-stable-offset:int64    big endian

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "bytes/buffer.h"
#include "io/file.h"
#include "log/log_types.h"

namespace moldau::log {

inline constexpr std::size_t kAbortedBytes = 34;

void encode_aborted(std::uint8_t* out, const AbortedTransaction& aborted);
// The entry at the front of `bytes`, whose marker must be at `marker_min` at least. Errors: kNewerFormat, kCorrupt.
Result<AbortedTransaction> decode_aborted(bytes::Span bytes, Offset marker_min);

// Who has records in [from, end)? Fed with entries in the order of markers, through as many segments as it takes.
struct AbortedSearch {
    Offset from;
    Offset end;
    std::vector<AbortedTransaction> found = {};
    bool is_complete = false;  // no later entry can matter

    void take(const AbortedTransaction& aborted);
};

// Lifetime: its segment's. Thread: its log's core. Writes and searches at any time, but none while it is cut.
// Invariants: entries ascend; what is not in memory is in the file.
class TxnIndex {
public:
    explicit TxnIndex(std::string path) : path_(std::move(path)) {}

    const std::string& path() const { return path_; }
    // The file was renamed.
    void set_path(std::string path) { path_ = std::move(path); }
    std::uint32_t entries() const { return entries_; }

    void append(const AbortedTransaction& aborted);
    // The file is there: reads and checks it; entries of markers at or beyond `end` are left out. False, and nothing is
    // left, when it cannot be that of a segment from `base` on. Errors: kIo, kNewerFormat.
    Task<Result<bool>> adopt(io::FileSystem& files, Offset base, Offset end);
    // Forgets entries of markers at or beyond `end`; the file has them until finish().
    Task<Result<void>> truncate_to(io::FileSystem& files, Offset end);

    // Feeds the search from memory; false, and it is untouched, when the file is needed.
    bool search_now(AbortedSearch& search) const;
    // Errors: kIo, kNotFound and kCorrupt when the file is not what was written.
    Task<Result<AbortedSearch>> search(io::FileSystem& files, AbortedSearch search);

    // Is there anything for finish() to do?
    bool is_unfinished() const { return entries_ != on_disk_ || file_is_unknown_; }
    bool tail_is_full() const { return entries_ - in_file_ >= kHeldMax; }
    // Resolves when the entries present at the call are in the file (not necessarily on the disk).
    Task<Result<void>> write_tail(io::FileSystem& files);
    // The same, and the file has nothing else and is on the disk, its name included. May run while write_tail() does.
    Task<Result<void>> finish(io::FileSystem& files);

private:
    static constexpr std::size_t kHeldMax = 128;

    std::uint32_t first_held() const { return entries_ - static_cast<std::uint32_t>(held_.size()); }
    void let_go();
    void clear();
    Task<Result<void>> write_tail_to(io::File& file);
    Task<Result<std::uint32_t>> lower_bound(io::File& file, std::uint32_t end, Offset from);

    std::string path_;
    std::vector<AbortedTransaction> held_;  // the newest
    std::uint32_t entries_ = 0;
    std::uint32_t in_file_ = 0;
    std::uint32_t on_disk_ = 0;
    Offset unheld_last_{-1};         // the marker of the newest entry that is only in the file
    bool file_is_unknown_ = false;   // it may have more than that
    bool name_is_unsynced_ = false;  // it was made here
};

}  // namespace moldau::log
