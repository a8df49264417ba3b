// Work and timers in a fixed order, time moved by hand.

#include "operator/loop/manual_loop.h"

#include "base/check.h"

namespace moldau::loop {
namespace {

constexpr std::size_t kEndless = 1'000'000;
constexpr std::int64_t kStartOf2026Ms = 1'767'225'600'000;

}  // namespace

ManualLoop::ManualLoop() : now_{.mono = MonoTime{std::chrono::hours{1}}, .wall = from_timestamp(kStartOf2026Ms)} {}
ManualLoop::~ManualLoop() = default;

TimerId ManualLoop::call_at(MonoTime when, Work work) {
    const auto id = ++last_timer_;
    timers_.emplace(TimerKey{when, id}, std::move(work));
    times_.emplace(id, when);
    return TimerId{id};
}

void ManualLoop::cancel_timer(TimerId timer) {
    const auto found = times_.find(static_cast<std::uint64_t>(timer));
    if (found == times_.end()) return;
    timers_.erase({found->second, found->first});
    times_.erase(found);
}

bool ManualLoop::run_one() {
    if (!posted_.empty()) {
        auto work = std::move(posted_.front());
        posted_.pop_front();
        work();
        return true;
    }
    if (timers_.empty() || timers_.begin()->first.first > now_.mono) return false;
    auto due = timers_.extract(timers_.begin());
    times_.erase(due.key().second);
    due.mapped()();
    return true;
}

std::size_t ManualLoop::run_ready() {
    std::size_t count = 0;
    while (run_one()) {
        ++count;
        CHECK(count < kEndless);
    }
    return count;
}

void ManualLoop::move_to(MonoTime when) {
    if (when <= now_.mono) return;
    now_.wall += std::chrono::floor<Millis>(when - now_.mono);
    now_.mono = when;
}

void ManualLoop::advance(Millis by) {
    const auto end = now_.mono + by;
    run_ready();
    while (!timers_.empty() && timers_.begin()->first.first <= end) {
        move_to(timers_.begin()->first.first);
        run_ready();
    }
    move_to(end);
}

bool ManualLoop::run_until(const std::function<bool()>& condition, Millis most) {
    const auto end = now_.mono + most;
    while (!condition()) {
        if (run_one()) continue;
        if (timers_.empty() || timers_.begin()->first.first > end) break;
        move_to(timers_.begin()->first.first);
    }
    return condition();
}

}  // namespace moldau::loop
