// An event loop in virtual time: nothing waits, one seed decides the order.
//
// The problem: tests of what waits for timers, disks and peers must neither sleep nor depend on scheduling. The idea: the
// same Executor interface over a queue and a clock that moves only when told to. Place: the simulator's heart; `Disk` and
// `Network` schedule their completions on it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/task.h"
#include "io/executor.h"
#include "io/timers.h"
#include "sim/random.h"

namespace moldau::sim {

enum class Order {
    kFair,      // what was posted, then what is due, in order
    kShuffled,  // posts and due timers interleaved by the seed, turns of any length; posts stay in their own order
};

struct LoopOptions {
    std::uint64_t seed = 1;
    Order order = Order::kFair;
    // Not zero, so that a forgotten time stands out.
    MonoTime start = MonoTime{} + std::chrono::hours{1};
};

// Lifetime: outlives what runs on it; callbacks that never ran are destroyed with it. One thread, which is always the loop's
// own.
class Loop final : public io::Executor {
public:
    explicit Loop(LoopOptions options = {}) : options_(options), random_(options.seed), now_(options.start) {}

    void post(io::Callback callback) override { posted_.push_back(std::move(callback)); }
    void at_end_of_turn(io::Callback callback) override { end_of_turn_.push_back(std::move(callback)); }
    io::TimerId schedule(MonoTime when, io::Callback callback) override {
        return timers_.schedule(when, std::move(callback));
    }
    void cancel(io::TimerId timer) override { timers_.cancel(timer); }
    // The wall clock runs along, from 2026-01-01.
    Now now() const override;
    bool is_current() const override { return true; }

    // Handles all that is ready at the present time, without moving it. Ends the process after ten million events: nothing
    // that goes on by itself at one instant ever ends.
    void run_until_idle();
    // Moves the time by `duration`, stopping at every timer on the way; the last one's consequences are handled too.
    void advance(Nanos duration);
    // Moves the time to the next timer and handles it. False when there is none.
    bool advance_to_next_timer();
    std::uint64_t events() const { return events_; }

private:
    bool turn();
    bool run_one();
    bool run_posted();
    bool run_due();
    void run_end_of_turn();

    const LoopOptions options_;
    Random random_;
    MonoTime now_;
    std::vector<io::Callback> posted_;
    std::size_t posted_done_ = 0;  // of `posted_`, at its front
    std::vector<io::Callback> end_of_turn_;
    io::TimerQueue timers_;
    std::uint64_t events_ = 0;
};

// Ends the process, saying that a task waits for something that never comes.
[[noreturn]] void cannot_finish(const Loop& loop);

// Runs `task` as far as it comes, moving time up to `time_max`; nullopt when it then still waits, as for a disk whose
// process has died. It stays suspended where it is, and ends harmlessly should what it waits for come later.
template <class T>
std::optional<T> try_run(Loop& loop, Task<T> task, Nanos time_max = std::chrono::hours{24}) {
    const auto result = std::make_shared<std::optional<T>>();
    spawn(std::move(task), [result](T value) { result->emplace(std::move(value)); });
    const MonoTime end = loop.now().mono + time_max;
    loop.run_until_idle();
    while (!*result && loop.now().mono < end && loop.advance_to_next_timer()) {
    }
    return std::move(*result);
}

// Runs `task` to its end; ends the process when it has none.
template <class T>
T run(Loop& loop, Task<T> task) {
    auto result = try_run(loop, std::move(task));
    if (!result) cannot_finish(loop);
    return *std::move(result);
}
void run(Loop& loop, Task<void> task);

}  // namespace moldau::sim
