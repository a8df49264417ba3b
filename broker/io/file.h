// Files and folders by completion: submit, and be called back on the submitting core.
//
// The problem: write(2), fdatasync(2) and cold reads block for as long as the disk likes, and a core must never wait for
// them. The idea: every operation is submitted and completes later on the loop that owns the `FileSystem` object; a real
// disk runs it on I/O threads, a simulated one holds, tears, fails or forgets it. Place: the only way to a disk in the whole
// broker.
//
// Order: writes, syncs, truncations and allocations of one `File` are carried out one after the other in the order of
// submission. Reads run at any time; one submitted after a write's completion sees what was written.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "bytes/buffer.h"

namespace moldau::io {

template <class T>
using Done = std::move_only_function<void(Result<T>)>;

// Lifetime: close by destroying; operations in flight finish first, in the background. Thread: its FileSystem's loop.
class File {
public:
    virtual ~File() = default;
    // `length` bytes at `position`, fewer only where the file ends. Errors: kIo.
    virtual void read(std::uint64_t position, std::size_t length, Done<bytes::View> done) = 0;
    // All of `data` at `position`, by write(2): a killed process loses nothing of it, a power loss may. After an error the
    // bytes at [position, position + size) are undefined. Errors: kDiskFull, kIo.
    virtual void write(std::uint64_t position, bytes::ChunkList data, Done<void> done) = 0;
    // Everything written before is on the disk (fdatasync). A failure, for want of space too, is final for what was written:
    // never retried as success. Errors: kIo.
    virtual void sync(Done<void> done) = 0;
    virtual void truncate(std::uint64_t bytes, Done<void> done) = 0;
    // Reserves room for [0, bytes) and grows the file to it, reading as zeros. Errors: kDiskFull, kIo.
    virtual void allocate(std::uint64_t bytes, Done<void> done) = 0;
    virtual const std::string& path() const = 0;

    // For whoever sends parts of a file that nobody looks at (log/range_reader.h). A file that has no page cache, such as a
    // simulated one, knows none of it: nothing is ever cached.

    // `into` from `position` on, if the page cache has it; false when the disk would have to be asked, or the file ends.
    virtual bool read_cached(std::uint64_t, bytes::MutableSpan) { return false; }
    // The range, if the page cache has all of it; it is kept open.
    virtual std::optional<bytes::FileRange> cached_range(std::uint64_t, std::size_t) { return std::nullopt; }
    enum class Found : std::uint8_t { kCached, kOnDisk };
    struct Ahead {
        std::size_t length = 0;  // to be there when it resolves
        std::size_t ahead = 0;   // after that, only asked for
    };
    // Brings bytes into the page cache. Says whether all of `length` and `ahead` was there before. Errors: kIo.
    virtual void bring_in(std::uint64_t, Ahead, Done<Found> done) { done(Found::kOnDisk); }
};

enum class OpenMode {
    kRead,
    kReadWrite,
    kCreate /* read and write, made when absent */,
    kCreateNew /* fails when present */
};

struct OpenedFile {
    std::unique_ptr<File> file;
    std::uint64_t bytes = 0;  // size at opening
};

struct DirEntry {
    std::string name;
    bool is_dir = false;
    std::uint64_t bytes = 0;
};

struct DiskSpace {
    std::uint64_t total_bytes = 0;
    std::uint64_t free_bytes = 0;  // for an unprivileged process
};

// Held for as long as it lives; the process's death frees it.
class FileLock {
public:
    virtual ~FileLock() = default;
};

// Paths are absolute or relative to the process, with '/'. Names and folders survive a power loss only after sync_dir().
// Thread: its loop. One object per core; all of them see the same disk.
class FileSystem {
public:
    virtual ~FileSystem() = default;
    // Errors: kNotFound, kIo, kDiskFull, kBusy (no file descriptor or memory left).
    virtual void open(std::string path, OpenMode mode, Done<OpenedFile> done) = 0;
    virtual void list(std::string path, Done<std::vector<DirEntry>> done) = 0;   // by name; kNotFound
    virtual void make_dirs(std::string path, Done<void> done) = 0;               // with parents; fine when present
    virtual void remove_file(std::string path, Done<void> done) = 0;             // fine when absent
    virtual void remove_dir(std::string path, Done<void> done) = 0;              // with all in it; fine when absent
    virtual void rename(std::string from, std::string to, Done<void> done) = 0;  // replaces `to` when it is a file
    virtual void sync_dir(std::string path, Done<void> done) = 0;
    virtual void space(std::string path, Done<DiskSpace> done) = 0;
    // An exclusive lock on the file `path`, made when absent. Errors: kLocked when another process (or object) holds it.
    virtual void lock(std::string path, Done<std::unique_ptr<FileLock>> done) = 0;
};

// The same as tasks.
Task<Result<bytes::View>> read(File& file, std::uint64_t position, std::size_t length);
Task<Result<void>> write(File& file, std::uint64_t position, bytes::ChunkList data);
Task<Result<void>> sync(File& file);
Task<Result<void>> truncate(File& file, std::uint64_t bytes);
Task<Result<void>> allocate(File& file, std::uint64_t bytes);
Task<Result<File::Found>> bring_in(File& file, std::uint64_t position, File::Ahead ahead);
Task<Result<OpenedFile>> open(FileSystem& files, std::string path, OpenMode mode);
Task<Result<std::vector<DirEntry>>> list(FileSystem& files, std::string path);
Task<Result<void>> make_dirs(FileSystem& files, std::string path);
Task<Result<void>> remove_file(FileSystem& files, std::string path);
Task<Result<void>> remove_dir(FileSystem& files, std::string path);
Task<Result<void>> rename(FileSystem& files, std::string from, std::string to);
Task<Result<void>> sync_dir(FileSystem& files, std::string path);
Task<Result<DiskSpace>> space(FileSystem& files, std::string path);
Task<Result<std::unique_ptr<FileLock>>> lock(FileSystem& files, std::string path);

// A whole small file. Errors: kNotFound, kIo, kLimitExceeded when it is longer than `bytes_max`.
Task<Result<bytes::View>> read_file(FileSystem& files, std::string path, std::size_t bytes_max = 64 << 20);
// Replaces a small file so that after any crash either the old or the new content is there: new file, fsync, rename, fsync
// of the folder. Resolves when it is on the disk.
Task<Result<void>> replace_file(FileSystem& files, std::string path, bytes::View content);

}  // namespace moldau::io
