// How a data directory is, for all cores and from any thread: is there room, and did it fail?
//
// The problem: one core meets the error or watches the space, every core must act on it at once, and no lock is allowed up
// here. The idea: one object per directory, shared, with atomic facts only: each fact is set by whoever sees it and read
// where it matters (a produce, the tick of a log store, DescribeLogDirs, the metrics). Place: made by `app` with the
// directories, before any core runs; `DiskWatch` sets the space.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "io/file.h"

namespace moldau::store {

// A directory at one moment.
struct DirState {
    std::string path;
    Uuid id;                        // zero when its meta.properties could not be read
    std::optional<Error> failure;   // it is offline since
    std::uint64_t total_bytes = 0;  // 0: not known
    std::uint64_t free_bytes = 0;
    bool refusing = false;  // too little room: producers are refused
};

// Thread: any. Invariant: a failure stays, and is the first one.
class DirHealth {
public:
    DirHealth(std::string path, Uuid id) : path_(std::move(path)), id_(id) {}
    ~DirHealth() { delete failure_.load(std::memory_order_relaxed); }
    DirHealth(const DirHealth&) = delete;
    DirHealth& operator=(const DirHealth&) = delete;

    const std::string& path() const { return path_; }
    const Uuid& id() const { return id_; }

    // The directory takes part no more, until the next start. True when this was the first failure.
    bool fail(Error error);
    // Null while it works.
    const Error* failure() const { return failure_.load(std::memory_order_acquire); }

    // A write met the full disk: producers are refused from now on, until DiskWatch finds room again.
    void met_full_disk() {
        full_writes_.fetch_add(1, std::memory_order_relaxed);
        refuse();
    }
    std::uint64_t full_writes() const { return full_writes_.load(std::memory_order_relaxed); }
    void refuse() { refusing_.store(true, std::memory_order_relaxed); }
    void accept() { refusing_.store(false, std::memory_order_relaxed); }
    bool refusing() const { return refusing_.load(std::memory_order_relaxed); }
    void set_space(io::DiskSpace space);

    // May producers write here? Errors: kKafkaStorageError, which says why.
    Result<void> admit() const;
    // Is what lies here served at all? Errors: kKafkaStorageError.
    Result<void> online() const;

    // Something here was not closed in order: the next start must recover it.
    void mark_unclean() { unclean_.store(true, std::memory_order_relaxed); }
    bool is_unclean() const { return unclean_.load(std::memory_order_relaxed) || failure() != nullptr; }

    DirState state() const;

private:
    const std::string path_;
    const Uuid id_;
    std::atomic<const Error*> failure_ = nullptr;
    std::atomic<bool> refusing_ = false;
    std::atomic<bool> unclean_ = false;
    std::atomic<std::uint64_t> full_writes_ = 0;
    std::atomic<std::uint64_t> total_bytes_ = 0;
    std::atomic<std::uint64_t> free_bytes_ = 0;
};

// In the order of the store's directory indexes.
using DirHealths = std::vector<std::shared_ptr<DirHealth>>;

}  // namespace moldau::store
