// A loop whose time stands still until a test moves it.
//
// Nothing runs but inside `run_ready` and `advance`, on the test's thread, in one order that is the same in every run.

#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <utility>

#include "operator/loop/loop.h"

namespace moldau::loop {

// Lifetime: outlives what was posted. Thread: one; `post` included.
class ManualLoop final : public Loop {
public:
    // The monotonic clock starts at an hour, the wall clock at 2026-01-01T00:00:00Z.
    ManualLoop();
    ~ManualLoop() override;

    void post(Work work) override { posted_.push_back(std::move(work)); }
    TimerId call_at(MonoTime when, Work work) override;
    void cancel_timer(TimerId timer) override;
    Now now() const override { return now_; }

    // Runs everything that is due now, and what that posts, until nothing is left. Returns how many ran. A million in one
    // call is taken for an endless loop: a CHECK.
    std::size_t run_ready();
    // Moves both clocks, stopping at each timer on the way to run it.
    void advance(Millis by);
    // Advances from timer to timer until `condition` holds, at most by `most`; says whether it holds.
    bool run_until(const std::function<bool()>& condition, Millis most);
    // The wall clock jumps, timers do not notice.
    void set_wall(WallTime wall) { now_.wall = wall; }

    std::size_t timer_count() const { return timers_.size(); }

private:
    using TimerKey = std::pair<MonoTime, std::uint64_t>;
    bool run_one();
    void move_to(MonoTime when);

    Now now_;
    std::uint64_t last_timer_ = 0;
    std::deque<Work> posted_;
    std::map<TimerKey, Work> timers_;
    std::map<std::uint64_t, MonoTime> times_;
};

}  // namespace moldau::loop
