// All logs of one core: opens them, ticks them, checkpoints them, deletes them.
//
// The problem: somebody must sync dirty segments so that write-ahead files can be recycled, write the checkpoint files, and
// close everything in order. Place: one per core, made by `app` with that core's share of the partitions; `replica` uses its
// logs.
//
// One directory's failure is its own: an error of writing makes its logs and its write-ahead lane fail, here at once and on
// the other cores with their next tick (`DirHealth`); the others go on.

#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "io/executor.h"
#include "io/file.h"
#include "io/random.h"
#include "log/hot_tail.h"
#include "log/log.h"
#include "store/cleaner.h"
#include "store/data_dir.h"
#include "store/dir_health.h"
#include "wal/write_ahead_log.h"

namespace moldau::store {

// Which of `cores` owns a partition: the same function everywhere.
std::size_t core_of(const TopicId& topic, PartitionIndex partition, std::size_t cores);

// Lifetime: open() .. close(), also after a failure. Thread: its core.
// Invariant: a write-ahead file is recycled only when every log that it has entries of has synced its segments up to them.
class LogStore {
public:
    struct Options {
        std::size_t core = 0;
        std::vector<std::string> dirs;       // data directories, opened and locked (DataDir)
        DirHealths health;                   // of each, shared by all cores; made here when empty
        wal::WalOptions wal;                 // `dir` and `lane` are set per directory
        Millis checkpoint_interval{60'000};  // log.flush.offset.checkpoint.interval.ms
        CleanerOptions cleaner;
        std::size_t hot_bytes_max = std::numeric_limits<std::size_t>::max();  // of the hot tails of all logs together
    };
    struct Environment {
        io::Executor& executor;
        io::FileSystem& files;
        io::Random& random;
    };
    // Opens a write-ahead lane per directory and starts the background work. The old lanes have been loaded (WalReplay) by
    // the caller and are discarded by it once every core has opened its logs: new lanes use fresh file names. A directory
    // whose lane cannot be opened for kIo is offline, those that are already stay so.
    static Task<Result<std::unique_ptr<LogStore>>> open(Environment environment, Options options);
    ~LogStore();

    // Opens or creates the log of a partition in `dirs[dir]`. `recovery` carries replay, shutdown and checkpoints; executor,
    // files and wal are filled in. The log belongs to the store and stays valid until remove() or close().
    struct Recovery {
        const wal::WalReplay* replay = nullptr;
        log::Shutdown shutdown = log::Shutdown::kClean;
        Offset high_watermark_checkpoint{0};
        Offset recovery_point{0};
        Offset log_start_checkpoint{0};
        Offset cleaned_to{0};
    };
    // Errors besides Log::open's: kBusy when the name is open already, kClosed, kKafkaStorageError when the directory is
    // offline. After an error of a log that had something to recover, the directory counts as not recovered.
    Task<Result<log::Log*>> open_log(std::size_t dir, TopicPartition name, TopicId topic_id, log::LogConfig config,
                                     Recovery recovery);
    // The directory with the fewest logs, as Kafka chooses, of those that work; the first when none does.
    std::size_t choose_dir() const;
    log::Log* find(const TopicPartition& name);
    // Gone for good: closed, renamed at once, its bytes removed after `delay` (file.delete.delay.ms); those still waiting
    // when the store closes are left to the next start (DataDir::partitions). `find` has it no longer from the call on.
    // Errors: kNotFound, kIo.
    Task<Result<void>> remove(TopicPartition name, Millis delay);

    // Where high watermarks for the checkpoint come from (`replica` knows them); without it none are written.
    void set_high_watermark_source(std::function<Offset(const log::Log&)> source);
    // Syncs what the oldest write-ahead files hold, recycles them, writes the checkpoint files (merged with other cores'
    // entries: each core has its own "<file>.<core>"; app merges them at start and at clean shutdown, merge_checkpoints()).
    // Runs by itself under the write-ahead log's pressure and, for the files, every `checkpoint_interval`.
    Task<Result<void>> checkpoint();

    // Writes the log starts of the logs in directory `dir` to its checkpoint file: a deletion that was answered then holds
    // after a crash too. Calls that come while one is under way share the next.
    Task<Result<void>> save_log_starts(std::size_t dir);

    // What deletes and compacts; runs from open() to close().
    Cleaner& cleaner();
    const Cleaner& cleaner() const;

    std::vector<log::Log*> logs();
    // Of the directories that were online at the start.
    std::vector<wal::WriteAheadLog*> wals();

    // Stops background work, flushes and closes every log and lane, writes the checkpoint files. An error means: not clean;
    // the directories that it concerns are marked so. No full disk is waited for.
    // The lanes' files stay: the caller removes them (WalReplay::discard) once every core has closed its store.
    Task<Result<void>> close();

private:
    class Impl;
    explicit LogStore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace moldau::store
