// One segment of a partition's log: a file of record batches, verbatim, with a sparse offset index and a sparse time index
// beside.
//
// The problem: appends must be sequential and cheap, reads must start anywhere, and after a crash nobody knows how far the
// files reached the disk. The idea: the batches are the truth, both indexes are hints that are rebuilt from them. A segment
// keeps count of how far it was appended to (in memory), written and synced; `LogWriter` moves the bytes, `BatchCursor`
// reads them. Place: `Log` owns a list of these and decides when to roll. Format: docs/formats/segment.md.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "io/file.h"
#include "log/log_config.h"
#include "log/offset_index.h"
#include "log/time_index.h"
#include "log/txn_index.h"
#include "wire/record_batch.h"

namespace moldau::log {

// Positions in segments and relative offsets are 31 bits wide in the index files.
inline constexpr std::int64_t kSegmentBytesMax = 0x7fffffff;

// "<dir>/<20 digits><suffix>"
std::string segment_path(std::string_view dir, Offset base, std::string_view suffix);
// The offset in a name of 20 digits and `suffix`; nullopt for other names.
std::optional<Offset> offset_in_name(std::string_view name, std::string_view suffix);

inline constexpr std::string_view kLogSuffix = ".log";
inline constexpr std::string_view kOffsetIndexSuffix = ".index";
inline constexpr std::string_view kTimeIndexSuffix = ".timeindex";
inline constexpr std::string_view kTxnIndexSuffix = ".txnindex";
inline constexpr std::string_view kSnapshotSuffix = ".snapshot";

// Lifetime: owned by its log's list; shared with reads under way, which may outlast its removal. Thread: its log's core.
// Invariants: base_offset <= end_offset; bytes_synced <= bytes_written <= bytes; index entries point at batches in the file.
class Segment {
public:
    Segment(std::string_view dir, Offset base);

    Offset base_offset() const { return base_; }
    Offset end_offset() const { return end_; }
    const std::string& path() const { return path_; }
    // Its files have names that end in `suffix` (log/segment_swap.h), or are to have.
    void set_suffix(std::string_view suffix);

    // What was appended, at least in memory; what write(2) has taken; what is on the disk.
    std::uint64_t bytes() const { return bytes_; }
    std::uint64_t bytes_written() const { return bytes_written_; }
    std::uint64_t bytes_synced() const { return bytes_synced_; }
    bool is_closed() const { return closed_; }
    // Is there nothing left to write or sync, indexes included?
    bool is_settled() const { return bytes_synced_ == bytes_ && (!closed_ || finished_); }

    // A batch of `header` comes next, at position bytes(): counts it and adds the index entries that are due.
    void append(const wire::BatchHeader& header, std::int32_t index_interval_bytes);
    // Must `header` go to a new segment? `jitter` shortens segment_ms.
    bool must_roll(const wire::BatchHeader& header, const LogConfig& config, Now now) const;
    // Is it time to roll though nothing comes? False for an empty one.
    bool is_overdue(const LogConfig& config, Now now) const;

    // How the bytes are: all of it found in the file, with that end, and so far on the disk.
    struct Extent {
        Offset end;
        std::uint64_t bytes = 0;
        std::uint64_t bytes_synced = 0;
    };
    void set_extent(Extent extent);
    void written(std::uint64_t bytes) { bytes_written_ += bytes; }
    void synced(std::uint64_t bytes_written) { bytes_synced_ = bytes_written; }
    void set_created(WallTime created, Millis jitter);
    // Its first batch comes now.
    void set_begun(WallTime now) { created_ = now; }

    // The largest timestamp and the last offset of the batch that has it first; {-1, ...} when empty or unknown (closed and
    // not looked up yet).
    const TimestampOffset& max_timestamp() const { return max_timestamp_; }
    void set_max_timestamp(TimestampOffset largest) { max_timestamp_ = largest; }
    std::optional<std::int64_t> first_timestamp() const { return first_timestamp_; }
    // When its first batch came, as far as known.
    WallTime begun() const { return created_; }
    void set_first_timestamp(std::int64_t timestamp) { first_timestamp_ = timestamp; }
    void set_bytes_since_index(std::uint64_t bytes) { bytes_since_index_ = bytes; }

    // No more appends. finish() then writes the rest of the indexes and cuts the files to their length.
    void close();
    // It was closed and finished in an earlier life.
    void adopt_closed();
    Task<Result<void>> finish(io::FileSystem& files);
    // The same for a segment that goes on being appended to after the next start.
    Task<Result<void>> finish_active(io::FileSystem& files);
    // Writes index entries out when many have gathered, or all of them.
    Task<Result<void>> write_indexes(io::FileSystem& files);
    bool index_tail_is_full() const;

    // The file, opened when it is not; made when it is new. Closed segments' files are opened for each use.
    Task<Result<std::shared_ptr<io::File>>> file(io::FileSystem& files);
    // The same if it is open, else null.
    std::shared_ptr<io::File> open_file() const { return file_ ? file_ : pinned_; }
    // Holds on to the file that is open, whatever is released, while its name changes.
    void pin_file() { pinned_ = file_; }
    void unpin_file() { pinned_.reset(); }
    // Lets go of the file; reads that have it keep it.
    void release_file() { file_.reset(); }
    // The name may not be on the disk yet.
    bool needs_dir_sync() const { return needs_dir_sync_; }
    void dir_synced() { needs_dir_sync_ = false; }
    void created() { needs_dir_sync_ = true; }
    // Reserves room up to the segment's full length when its file is made.
    void preallocate(std::uint64_t bytes) { preallocate_bytes_ = bytes; }

    OffsetIndex& offset_index() { return offset_index_; }
    TimeIndex& time_index() { return time_index_; }
    TxnIndex& txn_index() { return txn_index_; }
    // The indexes know nothing (any more) and must be built anew.
    void clear_indexes();
    // Those of `fresh`, which holds the same batches.
    void take_indexes(Segment& fresh);

private:
    Task<Result<void>> finish_files(io::FileSystem& files);
    bool is_full(const LogConfig& config) const;
    io::OpenMode open_mode() const;

    Offset base_;
    Offset end_;
    std::string path_;
    std::size_t suffix_bytes_ = 0;  // of the paths
    std::shared_ptr<io::File> file_;
    std::shared_ptr<io::File> pinned_;
    OffsetIndex offset_index_;
    TimeIndex time_index_;
    TxnIndex txn_index_;
    std::uint64_t bytes_ = 0;
    std::uint64_t bytes_written_ = 0;
    std::uint64_t bytes_synced_ = 0;
    std::uint64_t bytes_since_index_ = 0;
    std::uint64_t preallocate_bytes_ = 0;
    TimestampOffset max_timestamp_;
    std::optional<std::int64_t> first_timestamp_;
    WallTime created_{};
    Millis jitter_{0};
    bool closed_ = false;
    bool finished_ = false;
    bool needs_dir_sync_ = false;
    bool index_changed_ = false;  // since it was adopted or finished
};

}  // namespace moldau::log
