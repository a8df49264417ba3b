// Turns of the real event loop: events, posts, timers, end of turn.

#include "io/loop.h"

#include <algorithm>
#include <asio/post.hpp>
#include <chrono>
#include <utility>

#include "base/check.h"

namespace moldau::io {

namespace {

constexpr std::size_t kEventsPerTurnMax = 256;
constexpr auto kHeartbeat = std::chrono::seconds(1);

std::size_t run_all(std::vector<Callback> callbacks) {
    for (auto& callback : callbacks) {
        callback();
        callback = nullptr;  // frees what it holds before the next one runs
    }
    return callbacks.size();
}

}  // namespace

Loop::Loop() = default;
Loop::~Loop() = default;

void Loop::post(Callback callback) {
    if (is_current()) {
        posted_.push_back(std::move(callback));
        return;
    }
    bool first = false;
    {
        const std::lock_guard lock{inbox_mutex_};
        first = inbox_.empty();
        inbox_.push_back(std::move(callback));
    }
    if (first) wake();
}

void Loop::wake() {
    asio::post(context_, [this] { drain_inbox(); });
}

void Loop::drain_inbox() {
    std::vector<Callback> taken;
    {
        const std::lock_guard lock{inbox_mutex_};
        taken.swap(inbox_);
    }
    run_all(std::move(taken));
}

void Loop::at_end_of_turn(Callback callback) {
    check_thread();
    end_of_turn_.push_back(std::move(callback));
}

TimerId Loop::schedule(MonoTime when, Callback callback) {
    check_thread();
    return timers_.schedule(when, std::move(callback));
}

void Loop::cancel(TimerId timer) {
    check_thread();
    timers_.cancel(timer);
}

Now Loop::now() const {
    return {MonoTime::clock::now(), std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now())};
}

bool Loop::is_current() const { return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id(); }

void Loop::check_thread() const {
    const auto thread = thread_.load(std::memory_order_relaxed);
    CHECK(thread == std::thread::id{} || thread == std::this_thread::get_id());
}

void Loop::run() {
    check_thread();
    thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    while (!stopping_.load(std::memory_order_acquire)) {
        const MonoTime heartbeat = MonoTime::clock::now() + kHeartbeat;
        turn(std::min(heartbeat, timers_.next().value_or(heartbeat)));
    }
    stopping_.store(false, std::memory_order_relaxed);
    thread_.store({}, std::memory_order_relaxed);
}

void Loop::stop() {
    stopping_.store(true, std::memory_order_release);
    asio::post(context_, [] {});
}

void Loop::poll() {
    check_thread();
    thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    while (turn(MonoTime::min()) > 0) {
    }
    thread_.store({}, std::memory_order_relaxed);
}

MonoTime Loop::last_turn() const { return MonoTime{MonoTime::duration{last_turn_.load(std::memory_order_relaxed)}}; }

std::size_t Loop::turn(MonoTime wait_until) {
    std::size_t count = run_ready(wait_until);
    count += run_posted();
    count += run_timers();
    count += run_end_of_turn();
    return count;
}

std::size_t Loop::run_ready(MonoTime wait_until) {
    std::size_t count = 0;
    if (has_own_work() || wait_until <= MonoTime::clock::now()) {
        count = context_.poll_one();
    } else {
        count = context_.run_one_until(wait_until);
    }
    while (count > 0 && count < kEventsPerTurnMax && context_.poll_one() > 0) ++count;
    return count;
}

std::size_t Loop::run_posted() { return posted_.empty() ? 0 : run_all(std::exchange(posted_, {})); }

std::size_t Loop::run_end_of_turn() { return end_of_turn_.empty() ? 0 : run_all(std::exchange(end_of_turn_, {})); }

std::size_t Loop::run_timers() {
    const MonoTime now = MonoTime::clock::now();
    last_turn_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    std::size_t count = 0;
    // At most those that are set now: a timer that sets itself again waits for the next turn.
    for (std::size_t left = timers_.size(); left > 0; --left) {
        Callback callback = timers_.pop_due(now);
        if (!callback) break;
        callback();
        ++count;
    }
    return count;
}

}  // namespace moldau::io
