// The real event loop of a core, on Asio's io_context.
//
// The problem: everything of one core runs on one thread, and a wakeup costs a system call. The idea: a turn handles a
// bounded number of ready events, then what was posted, then the due timers, then what wanted to be coalesced at the turn's
// end; posts from other threads gather in an inbox that is woken once for many. Timers need no system call: the wait is cut
// to the earliest. Place: inside `Core`; only sockets reach past the Executor interface, for `context()`.

#pragma once

#include <asio/io_context.hpp>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "io/executor.h"
#include "io/timers.h"

namespace moldau::io {

// Thread: constructed and destroyed while no thread runs it. `post`, `stop`, `last_turn` and `is_current` from any thread,
// the rest from the one in run() or poll(), or, before that, from the one that builds it.
class Loop final : public Executor {
public:
    Loop();
    ~Loop() override;
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    void post(Callback callback) override;
    void at_end_of_turn(Callback callback) override;
    TimerId schedule(MonoTime when, Callback callback) override;
    void cancel(TimerId timer) override;
    Now now() const override;
    bool is_current() const override;

    void run();
    // Ends the current run(), or the next one when none is under way.
    void stop();
    void poll();
    MonoTime last_turn() const;

    asio::io_context& context() { return context_; }

private:
    // Handles what is ready, waiting for it until `wait_until` at most. Returns how many callbacks ran.
    std::size_t turn(MonoTime wait_until);
    std::size_t run_ready(MonoTime wait_until);
    std::size_t run_posted();
    std::size_t run_timers();
    std::size_t run_end_of_turn();
    void drain_inbox();
    void wake();
    bool has_own_work() const { return !posted_.empty() || !end_of_turn_.empty(); }
    void check_thread() const;

    asio::io_context context_{1};
    asio::executor_work_guard<asio::io_context::executor_type> keep_alive_{context_.get_executor()};
    TimerQueue timers_;
    std::vector<Callback> posted_;
    std::vector<Callback> end_of_turn_;
    std::atomic<std::thread::id> thread_{};
    std::atomic<MonoTime::rep> last_turn_{0};
    std::atomic<bool> stopping_ = false;

    std::mutex inbox_mutex_;
    std::vector<Callback> inbox_;  // from other threads; non-empty means that a wakeup is on its way
};

}  // namespace moldau::io
