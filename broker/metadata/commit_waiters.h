// Requests that wait until the published image covers their records, each with a deadline.
//
// Ends ascend, so those that a publication releases are at the front. One thread; a waiter is told exactly once.

#pragma once

#include <algorithm>
#include <functional>
#include <list>
#include <string>
#include <utility>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "io/executor.h"

namespace moldau::metadata {

// Lifetime: outlives its waiters.
class CommitWaiters {
public:
    explicit CommitWaiters(io::Executor& executor) : executor_(executor) {}
    CommitWaiters(const CommitWaiters&) = delete;
    CommitWaiters& operator=(const CommitWaiters&) = delete;

    // Resolves when `end` is published. Errors: kRequestTimedOut at `deadline`, else what fail_after() was told.
    Task<Result<void>> wait(Offset end, MonoTime deadline) {
        co_return co_await completion<Result<void>>([&](auto done) { add(end, deadline, std::move(done)); });
    }
    void published(Offset end) {
        while (!waiters_.empty() && waiters_.front().end <= end) release(waiters_.begin(), {});
    }
    // Those that wait for more than `end` wait in vain.
    void fail_after(Offset end, const Error& error) {
        while (!waiters_.empty() && waiters_.back().end > end) {
            release(std::ranges::find_if(waiters_, [end](const Waiter& waiter) { return waiter.end > end; }),
                    moldau::fail(error));
        }
    }
    bool empty() const { return waiters_.empty(); }
    std::size_t size() const { return waiters_.size(); }

private:
    using Done = std::move_only_function<void(Result<void>)>;
    struct Waiter {
        Offset end;
        Done done;
        io::TimerId timer;
    };
    using Place = std::list<Waiter>::iterator;

    void add(Offset end, MonoTime deadline, Done done) {
        auto after = waiters_.end();
        while (after != waiters_.begin() && std::prev(after)->end > end) --after;
        const auto waiter = waiters_.insert(after, Waiter{end, std::move(done), {}});
        waiter->timer = executor_.schedule(deadline, [this, waiter] {
            waiter->timer = {};
            release(waiter, moldau::fail(Errc::kRequestTimedOut, "the change is not on the disk yet"));
        });
    }
    void release(Place waiter, Result<void> result) {
        if (waiter->timer != io::TimerId{}) executor_.cancel(waiter->timer);
        Done done = std::move(waiter->done);
        waiters_.erase(waiter);
        done(std::move(result));
    }

    io::Executor& executor_;
    std::list<Waiter> waiters_;
};

}  // namespace moldau::metadata
