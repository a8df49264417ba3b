// The memory that requests may take, given out before it is allocated.
//
// The problem: clients decide how large their requests are and how many they send; the sum must stay bounded. The idea: a
// counted budget per core; who wants more than is left waits in line, and while a connection waits it is not read, so TCP
// holds the client. A request larger than the whole budget gets it alone. Place: one per core; connections take from it
// before they read a body.

#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

#include "base/check.h"
#include "base/task.h"

namespace moldau::server {

class MemoryBudget;

// A part of the budget, given back when it dies.
class MemoryGrant {
public:
    MemoryGrant() = default;
    MemoryGrant(MemoryGrant&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
    MemoryGrant& operator=(MemoryGrant&& other) noexcept {
        std::swap(budget_, other.budget_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    ~MemoryGrant();
    std::size_t bytes() const { return budget_ ? bytes_ : 0; }

private:
    friend class MemoryBudget;
    MemoryGrant(MemoryBudget* budget, std::size_t bytes) : budget_(budget), bytes_(bytes) {}
    MemoryBudget* budget_ = nullptr;
    std::size_t bytes_ = 0;
};

// Lifetime: outlives its grants. Thread: its core. Invariant: 0 <= used, and used <= total unless one grant alone is larger.
class MemoryBudget {
public:
    explicit MemoryBudget(std::size_t total_bytes) : total_(total_bytes) {}
    ~MemoryBudget() { CHECK(used_ == 0); }

    // Resolves, in order of asking, when `bytes` are free.
    Task<MemoryGrant> acquire(std::size_t bytes);

    std::size_t used() const { return used_; }
    std::size_t total() const { return total_; }
    std::size_t waiting() const { return waiting_.size(); }

private:
    friend class MemoryGrant;
    struct Waiter {
        std::size_t bytes;
        std::move_only_function<void(MemoryGrant)> done;
    };
    bool fits(std::size_t bytes) const { return used_ == 0 || bytes <= total_ - std::min(used_, total_); }
    void release(std::size_t bytes);

    std::size_t total_;
    std::size_t used_ = 0;
    std::deque<Waiter> waiting_;
};

}  // namespace moldau::server
