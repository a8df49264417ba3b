// The place for background work: whoever starts tasks owns a group, and stops it before what the tasks use goes away.
//
// stop() = refuse new ones, tell the running ones through `stopping()`, wait for all. One thread; no locks.

#pragma once

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/task.h"

namespace moldau {

// Lifetime: outlives its tasks; destroyed only when empty. Thread: that of its owner.
class TaskGroup {
public:
    TaskGroup() = default;
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;
    ~TaskGroup() { CHECK(count_ == 0); }

    // Starts `task` unless the group is stopping; says whether it did.
    bool start(Task<void> task) {
        if (stopping_) return false;
        ++count_;
        spawn(std::move(task), [this] { ended(); });
        return true;
    }

    // Asks tasks to end: every `on_stop` callback runs once, in order of registration. Idempotent.
    void request_stop() {
        if (std::exchange(stopping_, true)) return;
        for (auto& callback : std::exchange(callbacks_, {})) callback();
    }
    // Calls `callback` when stopping begins, at once if it has begun.
    void on_stop(std::move_only_function<void()> callback) {
        if (stopping_) return callback();
        callbacks_.push_back(std::move(callback));
    }
    bool stopping() const { return stopping_; }
    std::size_t count() const { return count_; }

    // Requests the stop and resolves when the last task has ended.
    Task<void> stop() {
        request_stop();
        if (count_ == 0) co_return;
        co_await completion<bool>([this](auto done) { emptied_.push_back(std::move(done)); });
    }

private:
    void ended() {
        CHECK(count_ > 0);
        if (--count_ > 0 || !stopping_) return;
        for (auto& callback : std::exchange(emptied_, {})) callback(true);
    }

    std::size_t count_ = 0;
    bool stopping_ = false;
    std::vector<std::move_only_function<void()>> callbacks_;
    std::vector<std::move_only_function<void(bool)>> emptied_;
};

}  // namespace moldau
