// The loop of the running operator: the thread that calls `run` waits on an eventfd and on the next timer.
//
// Posts come from any thread without a lock: they are pushed on an atomic list, which the loop takes whole.

#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <map>
#include <utility>

#include "operator/loop/loop.h"

namespace moldau::loop {

// Lifetime: outlives every thread that posts. Thread: the one in `run`; before `run`, the one that made it.
class RealLoop final : public Loop {
public:
    RealLoop();
    ~RealLoop() override;

    void post(Work work) override;
    TimerId call_at(MonoTime when, Work work) override;
    void cancel_timer(TimerId timer) override;
    Now now() const override;

    // Runs until `stop`, then returns; what is left stays. May be called again.
    void run();
    // Ends `run` after the work in hand. From any thread.
    void stop();

private:
    struct Node {
        Work work;
        Node* next = nullptr;
    };
    using TimerKey = std::pair<MonoTime, std::uint64_t>;

    void take_posted();
    void run_posted();
    void run_due_timers();
    void wait_for_more();
    void wake();

    int event_ = -1;
    std::atomic<Node*> pushed_{nullptr};
    std::atomic<bool> stopping_{false};
    std::deque<Work> posted_;
    std::uint64_t last_timer_ = 0;
    std::map<TimerKey, Work> timers_;
    std::map<std::uint64_t, MonoTime> times_;
};

}  // namespace moldau::loop
