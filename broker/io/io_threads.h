// The pools behind IoThreads: jobs in, nothing out; a job posts its own completion.

#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "io/core.h"
#include "io/executor.h"

namespace moldau::io {

// Lifetime: the destructor carries out what was submitted, then ends the threads. Thread: `submit` from any.
class ThreadPool {
public:
    struct Options {
        const char* name = "";  // of the threads, at most 15 characters
        std::size_t threads = 1;
    };
    explicit ThreadPool(Options options);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    // Takes all of `jobs`, which may run side by side and in any order, and leaves it empty.
    void submit(std::vector<Callback>& jobs);

private:
    void work();

    std::mutex mutex_;
    std::condition_variable available_;
    std::deque<Callback> jobs_;
    std::size_t idle_ = 0;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

class IoThreads::Impl {
public:
    explicit Impl(Options options)
        : writers_({.name = "io-writer", .threads = options.writers}),
          readers_({.name = "io-reader", .threads = options.readers}) {}
    ThreadPool& writers() { return writers_; }
    ThreadPool& readers() { return readers_; }

private:
    ThreadPool writers_;
    ThreadPool readers_;
};

}  // namespace moldau::io
