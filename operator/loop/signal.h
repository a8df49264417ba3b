// "Something may have changed": a flag that one coroutine waits for and anything on the loop raises.
//
// Raised while nobody waits, it stays raised, so that no change is missed; a wait takes it down.

#pragma once

#include <functional>

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "operator/loop/cancel.h"
#include "operator/loop/loop.h"

namespace moldau::loop {

// Lifetime: outlives its waiter, of whom there is at most one. Thread: the loop's.
class Signal {
public:
    explicit Signal(Loop& loop) : loop_(loop) {}
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;

    // The waiter goes on from the loop, not inside this call.
    void raise();

    // Resolves once the signal is raised, takes it down. Errors: kCancelled.
    Task<Result<void>> wait(Cancel& cancel) { return wait_until(MonoTime::max(), cancel); }
    // Errors: kTimedOut at `deadline`, kCancelled.
    Task<Result<void>> wait_until(MonoTime deadline, Cancel& cancel);

private:
    void finish(Result<void> result);

    Loop& loop_;
    bool raised_ = false;
    std::move_only_function<void(Result<void>)> waiter_;
};

}  // namespace moldau::loop
