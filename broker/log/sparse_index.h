// Fixed-size entries in ascending order, of which the older ones lie in a file and only the newest in memory.
//
// The problem: an index of a full segment takes megabytes, and there are thousands of segments. The idea: entries gather in
// a short tail; a full tail goes to the end of the file; a lookup probes the file like a binary search does, a few bytes at
// a time. Files are hints: nobody relies on an entry without checking it against the batch that it points to. Place: under
// `OffsetIndex` and `TimeIndex`, which give the entries their meaning.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "bytes/buffer.h"
#include "io/file.h"

namespace moldau::log {

inline constexpr std::size_t kIndexEntryBytesMax = 12;
using IndexEntry = std::array<std::uint8_t, kIndexEntryBytesMax>;

// Thread: its log's core. One of write_tail() and finish() at a time; find() at any time.
class SparseIndex {
public:
    SparseIndex(std::string path, std::size_t entry_bytes) : path_(std::move(path)), entry_bytes_(entry_bytes) {}

    const std::string& path() const { return path_; }
    // The file was renamed.
    void set_path(std::string path) { path_ = std::move(path); }
    std::uint32_t entries() const { return file_entries_ + static_cast<std::uint32_t>(tail_.size() / entry_bytes_); }
    std::uint32_t file_entries() const { return file_entries_; }
    std::size_t memory_bytes() const { return tail_.capacity(); }
    // Is there so much in memory that write_tail() should be called?
    bool tail_is_full() const { return tail_.size() >= kTailBytes; }

    // `entry` has entry_bytes.
    void append(const std::uint8_t* entry);
    // The file is there and holds this many entries.
    void adopt(std::uint64_t file_bytes);
    // Forgets all; the next write starts the file anew.
    void clear();
    // Keeps the first `count` entries, which must all be in the file.
    void keep(std::uint32_t count);

    // True for a first part of the entries and false for the rest.
    using Precedes = std::function<bool(const std::uint8_t* entry)>;
    // The last entry for which `precedes` holds, nullopt when there is none or the file has become shorter. Errors: kIo.
    Task<Result<std::optional<IndexEntry>>> find(io::FileSystem& files, Precedes precedes);
    Task<Result<std::optional<IndexEntry>>> last(io::FileSystem& files);

    // Resolves when the first `count` entries, at most those present at the call, are in the file (not necessarily on the
    // disk).
    Task<Result<void>> write_tail(io::FileSystem& files, std::uint32_t count = std::numeric_limits<std::uint32_t>::max());
    // The same, and the file has nothing else and is on the disk.
    Task<Result<void>> finish(io::FileSystem& files);

private:
    static constexpr std::size_t kTailBytes = 4096;

    Task<Result<void>> write_tail_to(io::File& file, std::uint32_t count);
    Task<Result<std::optional<IndexEntry>>> find_in_file(io::FileSystem& files, Precedes precedes);
    IndexEntry load(const std::uint8_t* entry) const;

    std::string path_;
    std::size_t entry_bytes_;
    std::uint32_t file_entries_ = 0;
    std::uint64_t generation_ = 0;  // counts clear() and keep()
    std::vector<std::uint8_t> tail_;
};

}  // namespace moldau::log
