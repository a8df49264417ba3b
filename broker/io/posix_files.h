// Files of a real disk, for one core: operations queue per file and run on the I/O threads.
//
// The problem: a thread handed over costs a wakeup there and one back. The idea: what one turn of the loop submitted leaves
// at its end, each file's queue as one job, adjoining writes as one system call, and all of a job's completions come back
// together. Place: made by `Core`. All bookkeeping is on the loop's thread; a job touches only its own batch.

#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "io/executor.h"
#include "io/file.h"
#include "io/io_threads.h"

namespace moldau::io {

// Lifetime: outlives its files; the destructor waits for what the threads are carrying out and drops what had not left.
class PosixFileSystem final : public FileSystem {
public:
    PosixFileSystem(Executor& executor, IoThreads::Impl& threads) : executor_(executor), threads_(threads) {}
    ~PosixFileSystem() override;

    void open(std::string path, OpenMode mode, Done<OpenedFile> done) override;
    void list(std::string path, Done<std::vector<DirEntry>> done) override;
    void make_dirs(std::string path, Done<void> done) override;
    void remove_file(std::string path, Done<void> done) override;
    void remove_dir(std::string path, Done<void> done) override;
    void rename(std::string from, std::string to, Done<void> done) override;
    void sync_dir(std::string path, Done<void> done) override;
    void space(std::string path, Done<DiskSpace> done) override;
    void lock(std::string path, Done<std::unique_ptr<FileLock>> done) override;

    enum class Pool { kWriters, kReaders };
    // Hands `job` to a thread at the end of this turn. It may post to `executor()`.
    void submit(Pool pool, Callback job);
    // Calls `callback` at the end of this turn, in time for its submissions to leave with the others.
    void before_dispatch(Callback callback);
    Executor& executor() { return executor_; }

private:
    template <class T, class Call>
    void call(Call call, Done<T> done);
    void arm();
    void dispatch();
    std::vector<Callback> counted(std::vector<Callback> jobs);

    Executor& executor_;
    IoThreads::Impl& threads_;
    bool armed_ = false;
    std::vector<Callback> before_dispatch_;
    std::vector<Callback> writer_jobs_;
    std::vector<Callback> reader_jobs_;
    std::atomic<std::size_t> in_flight_ = 0;
};

}  // namespace moldau::io
