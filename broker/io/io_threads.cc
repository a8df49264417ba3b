// Threads for what blocks.

#include "io/io_threads.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/check.h"

namespace moldau::io {

ThreadPool::ThreadPool(Options options) {
    CHECK(options.threads > 0);
    // Signals go to the main thread alone, so no file operation is cut short by one.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (std::size_t index = 0; index < options.threads; ++index) {
        threads_.emplace_back([this] { work(); });
        pthread_setname_np(threads_.back().native_handle(), options.name);
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ThreadPool::~ThreadPool() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    available_.notify_all();
    for (auto& thread : threads_) thread.join();
}

void ThreadPool::submit(std::vector<Callback>& jobs) {
    std::size_t wakeups = 0;
    {
        const std::lock_guard lock{mutex_};
        for (auto& job : jobs) jobs_.push_back(std::move(job));
        wakeups = std::min(jobs.size(), idle_);
    }
    jobs.clear();
    for (; wakeups > 0; --wakeups) available_.notify_one();
}

void ThreadPool::work() {
    std::unique_lock lock{mutex_};
    for (;;) {
        ++idle_;
        available_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        --idle_;
        if (jobs_.empty()) return;
        Callback job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
        job = nullptr;
        lock.lock();
    }
}

IoThreads::IoThreads(Options options) : impl_(std::make_unique<Impl>(options)) {}
IoThreads::~IoThreads() = default;

}  // namespace moldau::io
