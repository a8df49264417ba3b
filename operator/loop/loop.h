// The one event loop on which all of the operator's logic runs: work posted to it, timers, and the two clocks.
//
// The problem: answers come from HTTP and gRPC threads, but reconcilers must read as straight lines and need no locks. The
// idea: foreign threads do nothing but `post`; everything else happens on the loop's thread, as coroutines (base/task.h).
// The loop also owns time, so that a test can hold it (manual_loop.h). Place: the bottom of the operator.

#pragma once

#include <cstdint>
#include <functional>

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "operator/loop/cancel.h"

namespace moldau::loop {

using Work = std::move_only_function<void()>;

// Names a pending timer. Zero is none; numbers are not used twice.
enum class TimerId : std::uint64_t { kNone = 0 };

// Thread: everything but `post` is called on the loop's thread only. Work and timers never run inside the call that adds
// them. Posted work runs in the order of posting; timers in the order of their times, equal ones in the order of adding.
class Loop {
public:
    Loop() = default;
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    virtual ~Loop() = default;

    // Runs `work` on the loop's thread, soon. From any thread.
    virtual void post(Work work) = 0;

    // Runs `work` once `when` is reached. `when` may lie in the past.
    virtual TimerId call_at(MonoTime when, Work work) = 0;
    // Forgets a timer; one that has run, or that is kNone, is no fault.
    virtual void cancel_timer(TimerId timer) = 0;

    virtual Now now() const = 0;

    MonoTime mono_now() const { return now().mono; }
    WallTime wall_now() const { return now().wall; }
    TimerId call_after(Millis delay, Work work) { return call_at(mono_now() + delay, std::move(work)); }

    // Resolves when `deadline` is reached, never at once. Whoever waits must not be destroyed before.
    Task<void> sleep_until(MonoTime deadline);
    Task<void> sleep_for(Millis delay) { return sleep_until(mono_now() + delay); }

    // The same, cut short by `cancel`, which must outlive the wait. Errors: kCancelled.
    Task<Result<void>> sleep_until(MonoTime deadline, Cancel& cancel);
    Task<Result<void>> sleep_for(Millis delay, Cancel& cancel) { return sleep_until(mono_now() + delay, cancel); }

    // Lets all else that is ready run first.
    Task<void> yield();
};

}  // namespace moldau::loop
