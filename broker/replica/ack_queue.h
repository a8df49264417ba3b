// Produce requests that wait until the log has committed what they appended.
//
// The problem: thousands of acknowledgements are released by each commit, and waking all to let each look would cost more
// than the commit. The idea: they wait in the order of their end offsets, so a commit pops those that it covers. Time-outs
// are looked at once a tick: they need no precision. Thread: the partition's core.

#pragma once

#include <deque>
#include <functional>
#include <utility>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"

namespace moldau::replica {

class AckQueue {
public:
    using Done = std::move_only_function<void(Result<void>)>;

    // `done` runs once: with success when the end reaches `end`, with kRequestTimedOut after `deadline`, or with the
    // failure.
    void push(Offset end, MonoTime deadline, Done done);
    // Everything up to `end` is committed.
    void release(Offset end);
    void expire(MonoTime now);
    void fail_all(const Error& error);
    bool empty() const { return waiting_.empty(); }
    std::size_t size() const { return waiting_.size(); }

private:
    struct Waiter {
        Offset end;
        MonoTime deadline;
        Done done;
    };
    std::deque<Waiter> waiting_;  // by `end`
};

}  // namespace moldau::replica
