// One core's event loop, as everything above sees it.
//
// The problem: code must wait for timers, disks and peers without knowing what drives them, so that the simulator can
// replace all of it. The idea: a loop offers just posting, timers and the end of its turn; tasks (base/task.h) suspend on
// these. Place: the real one is `Core` (io/core.h, on Asio), the simulated one `sim::Loop`.

#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "base/ids.h"
#include "base/task.h"
#include "base/time.h"

namespace moldau::io {

using Callback = std::move_only_function<void()>;
using TimerId = Id<struct TimerIdTag, std::uint64_t>;  // 0 names no timer

// Lifetime: outlives everything that runs on it. Thread: `post` from any thread, all else from the loop's own.
class Executor {
public:
    virtual ~Executor() = default;

    // Runs `callback` on this loop, later, in order of posting per posting thread.
    virtual void post(Callback callback) = 0;
    // Runs `callback` on this loop once the events that are ready now have been handled: the place to coalesce what one turn
    // produced (file writes, acknowledgements).
    virtual void at_end_of_turn(Callback callback) = 0;
    // Runs `callback` at or after `when`. Cancelling one that has run or was cancelled does nothing.
    virtual TimerId schedule(MonoTime when, Callback callback) = 0;
    virtual void cancel(TimerId timer) = 0;
    virtual Now now() const = 0;
    // Is the caller on this loop's thread?
    virtual bool is_current() const = 0;
};

// Continues the awaiting coroutine on `executor`'s thread: `co_await switch_to(other);`. Costs nothing when already there.
class SwitchTo {
public:
    explicit SwitchTo(Executor& executor) : executor_(executor) {}
    bool await_ready() const { return executor_.is_current(); }
    void await_suspend(std::coroutine_handle<> awaiter) {
        executor_.post([awaiter] { awaiter.resume(); });
    }
    void await_resume() const noexcept {}

private:
    Executor& executor_;
};
inline SwitchTo switch_to(Executor& executor) { return SwitchTo{executor}; }

// Runs `work()`, a callable that returns a Task<T>, on `target` and resumes on `home`, where the caller is.
template <class Work>
auto run_on(Executor& target, Executor& home, Work work) -> decltype(work()) {
    co_await switch_to(target);
    if constexpr (std::is_void_v<decltype(work().await_resume())>) {
        co_await work();
        co_await switch_to(home);
    } else {
        auto value = co_await work();
        co_await switch_to(home);
        co_return value;
    }
}

// Suspends until `when`.
inline Task<void> sleep_until(Executor& executor, MonoTime when) {
    co_await completion<bool>(
        [&](auto done) { executor.schedule(when, [done = std::move(done)]() mutable { done(true); }); });
}

}  // namespace moldau::io
