// The log that makes `synced` cheap: one sequential, preallocated file a commit instead of one fdatasync per partition.
//
// The problem: syncing many partition files costs 1-350 ms a round (docs/decisions/0001). The idea: per disk and core, every
// batch of a `synced` partition goes also to a prewritten file; one write and one fdatasync commit all batches that gathered
// while the last commit ran ("flush when the last flush ended"), and all their acknowledgements are released together.
// Segments are written lazily; a checkpoint in the background syncs them and recycles the oldest file. After a power loss
// recovery completes segments from these files (`WalReplay`). One lane per core of each disk, so that cores share nothing;
// recovery reads every lane, whatever the number of cores is now. Place: a module of its own below `log`; owned by
// `store::LogStore`, appended to by `log::Log`.
//
// Byte grammar: docs/formats/write-ahead-log.md.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "bytes/buffer.h"
#include "io/executor.h"
#include "io/file.h"

namespace moldau::wal {

// A partition as the write-ahead log names it: by topic id, so that a topic made anew under an old name gets nothing of the
// old.
struct WalPartition {
    TopicId topic;
    PartitionIndex partition;
    auto operator<=>(const WalPartition&) const = default;
};

struct WalOptions {
    std::string dir;                      // "<log dir>/.moldau-wal"
    std::size_t lane = 0;                 // the core's index
    std::uint64_t file_bytes = 32 << 20;  // grows to it in prewritten steps, then the next file begins
    std::uint64_t prewrite_step_bytes = 4 << 20;
    std::size_t files_max = 4;                 // beyond it appends wait for the checkpoint
    std::size_t pending_bytes_max = 64 << 20;  // queued and not yet written; at it `append` answers kBusy
};

// Lifetime: opened after recovery has emptied the lane, closed by close(). Thread: its core.
// Invariant: completions come in the order of the appends; after one failed write or sync every later append fails with kIo.
class WriteAheadLog {
public:
    struct Environment {
        io::Executor& executor;
        io::FileSystem& files;
    };
    static Task<Result<std::unique_ptr<WriteAheadLog>>> open(Environment environment, WalOptions options);
    ~WriteAheadLog();

    // Queues one batch at [base, end). `done` runs once it is on the disk, or with kIo when that cannot be: then the disk
    // counts as failed. While a full disk leaves no room it waits. Errors returned at once: kBusy at `pending_bytes_max`,
    // kIo after a failure.
    Result<void> append(const WalPartition& partition, Offset base, Offset end, bytes::ChunkList batch, io::Done<void> done);
    // Records that the partition's log was cut back to `end`: replay forgets what was queued before at or beyond it.
    Result<void> truncated(const WalPartition& partition, Offset end, io::Done<void> done);

    // The partition goes: whoever waits for something of it gets kClosed, what is not being written is dropped. What is
    // deleted to make room must not wait for room.
    void drop(const WalPartition& partition);
    // The disk failed elsewhere: everything that waits gets `error`, nothing is taken any more.
    void fail_with(Error error);
    const std::optional<Error>& failure() const;

    // What must be durable in segments before the oldest file can be recycled: per partition the end of its batches there.
    using Contents = std::map<WalPartition, Offset>;
    bool needs_checkpoint() const;     // more than half of `files_max` in use, or the oldest is older than a minute and full
    Contents oldest_contents() const;  // of the oldest full file; empty when no file is full
    // The caller has synced all of oldest_contents(). Resolves when the file is free for use again. One at a time.
    Task<Result<void>> recycle_oldest();
    // Called (on the core) whenever an append makes needs_checkpoint() true; the file's age alone calls nobody, ask now and
    // then.
    void on_pressure(std::function<void()> callback);

    struct Counters {
        std::uint64_t commits = 0;
        std::uint64_t bytes_written = 0;
        std::uint64_t entries = 0;
        std::uint64_t sync_nanos = 0;
    };
    const Counters& counters() const;

    // Commits what is queued and closes. The files stay; the caller removes them when segments are complete (clean
    // shutdown).
    Task<Result<void>> close();

private:
    class Impl;
    explicit WriteAheadLog(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// What all lanes of a disk hold after a crash: whole, checksummed entries in order; a torn end is no fault, a damaged middle
// is reported and ends that file's replay. Read-only after load, so every core may look into it.
class WalReplay {
public:
    struct Entry {
        Offset base;
        Offset end;
        bytes::View batch;
    };
    // `dir` absent means empty. Errors: kIo, kNewerFormat (nothing was changed).
    static Task<Result<WalReplay>> load(io::FileSystem& files, std::string dir);
    // In order of offsets, truncations applied; later entries win over earlier ones at the same place.
    const std::vector<Entry>& entries(const WalPartition& partition) const;
    bool empty() const { return partitions_.empty(); }
    // Broken places, one sentence each with the file: committed entries may be missing. For the log and the replica's
    // eligibility.
    const std::vector<std::string>& damage() const { return damage_; }
    // Removes the files that load() read, oldest first, once every log has taken and synced its entries. Younger ones, made
    // by lanes opened since, stay.
    Task<Result<void>> discard_loaded(io::FileSystem& files) const;
    // Removes every lane's files: at a clean shutdown, when all lanes are closed and all segments complete.
    static Task<Result<void>> discard(io::FileSystem& files, std::string dir);

private:
    std::string dir_;
    std::vector<std::string> names_;  // in the order in which they were written
    std::map<WalPartition, std::vector<Entry>> partitions_;
    std::vector<std::string> damage_;
};

}  // namespace moldau::wal
