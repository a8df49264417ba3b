// Tasks that wait for something to change, each with a deadline: the long poll of a fetch, an acknowledgement, a free slot.
//
// One thread. A waiter is resumed from `notify_all`, by its deadline or by its own cancellation, exactly once.

#pragma once

#include <functional>
#include <list>
#include <memory>
#include <utility>

#include "base/task.h"
#include "base/time.h"
#include "io/executor.h"

namespace moldau::io {

enum class Wakeup { kNotified, kDeadline };

// Lifetime: outlives its waiters (destroy it only when `empty()`, or after notify_all()).
class WaitList {
public:
    explicit WaitList(Executor& executor) : executor_(executor) {}
    WaitList(const WaitList&) = delete;
    WaitList& operator=(const WaitList&) = delete;

    // Resolves at the next notify_all() or at `deadline`, whichever is first.
    Task<Wakeup> wait_until(MonoTime deadline) {
        co_return co_await completion<Wakeup>([&](auto done) {
            auto entry = entries_.emplace(entries_.end());
            entry->done = std::move(done);
            entry->timer = executor_.schedule(deadline, [this, entry] {
                auto callback = std::move(entry->done);
                entries_.erase(entry);
                callback(Wakeup::kDeadline);
            });
        });
    }
    Task<void> wait() {
        co_await completion<Wakeup>([&](auto done) {
            auto entry = entries_.emplace(entries_.end());
            entry->done = std::move(done);
        });
    }

    void notify_all() {
        for (auto& entry : std::exchange(entries_, {})) {
            executor_.cancel(entry.timer);
            entry.done(Wakeup::kNotified);
        }
    }
    bool empty() const { return entries_.empty(); }
    std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        std::move_only_function<void(Wakeup)> done;
        TimerId timer;
    };
    Executor& executor_;
    std::list<Entry> entries_;
};

}  // namespace moldau::io
