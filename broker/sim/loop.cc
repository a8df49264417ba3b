// Turns in virtual time.

#include "sim/loop.h"

#include <cstdio>
#include <cstdlib>

#include "base/check.h"

namespace moldau::sim {

namespace {

constexpr std::uint64_t kEventsAtOneInstantMax = 10'000'000;
constexpr WallTime kWallStart{std::chrono::sys_days{std::chrono::January / 1 / 2026}};

}  // namespace

Now Loop::now() const { return {now_, kWallStart + std::chrono::duration_cast<Millis>(now_ - options_.start)}; }

void Loop::run_until_idle() {
    const std::uint64_t limit = events_ + kEventsAtOneInstantMax;
    while (turn()) CHECK(events_ < limit);
}

void Loop::advance(Nanos duration) {
    const MonoTime target = now_ + duration;
    run_until_idle();
    for (auto next = timers_.next(); next && *next <= target; next = timers_.next()) {
        now_ = std::max(now_, *next);
        run_until_idle();
    }
    now_ = target;
}

bool Loop::advance_to_next_timer() {
    const auto next = timers_.next();
    if (!next) return false;
    now_ = std::max(now_, *next);
    run_until_idle();
    return true;
}

// What is ready at its start, or a part of that when shuffled, and the end of the turn. False when there was nothing.
bool Loop::turn() {
    std::uint64_t left = posted_.size() - posted_done_ + timers_.size();
    if (options_.order == Order::kShuffled && left > 0) left = random_.between(1, left);
    bool any = false;
    for (; left > 0 && run_one(); --left) any = true;
    any = any || !end_of_turn_.empty();
    run_end_of_turn();
    return any;
}

bool Loop::run_one() {
    const bool posts_first = options_.order == Order::kFair || random_.chance(50);
    return posts_first ? run_posted() || run_due() : run_due() || run_posted();
}

bool Loop::run_posted() {
    if (posted_done_ == posted_.size()) return false;
    auto callback = std::exchange(posted_[posted_done_++], nullptr);
    if (posted_done_ == posted_.size()) {
        posted_.clear();
        posted_done_ = 0;
    }
    ++events_;
    callback();
    return true;
}

bool Loop::run_due() {
    auto callback = timers_.pop_due(now_);
    if (!callback) return false;
    ++events_;
    callback();
    return true;
}

void Loop::run_end_of_turn() {
    for (auto& callback : std::exchange(end_of_turn_, {})) {
        ++events_;
        callback();
    }
}

void cannot_finish(const Loop& loop) {
    std::fprintf(stderr, "sim::run: the task waits for something that never comes (after %llu events)\n",
                 static_cast<unsigned long long>(loop.events()));
    std::abort();
}

void run(Loop& loop, Task<void> task) {
    auto wrapped = [](Task<void> inner) -> Task<bool> {
        co_await std::move(inner);
        co_return true;
    };
    run(loop, wrapped(std::move(task)));
}

}  // namespace moldau::sim
