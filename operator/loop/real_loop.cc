// The loop on an eventfd and the system's clocks.

#include "operator/loop/real_loop.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/check.h"

namespace moldau::loop {

RealLoop::RealLoop() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { CHECK(event_ >= 0); }

RealLoop::~RealLoop() {
    take_posted();
    ::close(event_);
}

void RealLoop::post(Work work) {
    auto* node = new Node{.work = std::move(work)};
    Node* head = pushed_.load(std::memory_order_relaxed);
    do {
        node->next = head;
    } while (!pushed_.compare_exchange_weak(head, node, std::memory_order_release, std::memory_order_relaxed));
    // From here on the node is the loop's, which may be done with it already. Only the first one on an empty list finds a
    // loop that may be asleep.
    if (head == nullptr) wake();
}

void RealLoop::wake() {
    const std::uint64_t one = 1;
    while (::write(event_, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

TimerId RealLoop::call_at(MonoTime when, Work work) {
    const auto id = ++last_timer_;
    timers_.emplace(TimerKey{when, id}, std::move(work));
    times_.emplace(id, when);
    return TimerId{id};
}

void RealLoop::cancel_timer(TimerId timer) {
    const auto found = times_.find(static_cast<std::uint64_t>(timer));
    if (found == times_.end()) return;
    timers_.erase({found->second, found->first});
    times_.erase(found);
}

Now RealLoop::now() const {
    return {.mono = std::chrono::steady_clock::now(), .wall = std::chrono::floor<Millis>(std::chrono::system_clock::now())};
}

// The list has the last one pushed in front.
void RealLoop::take_posted() {
    Node* list = pushed_.exchange(nullptr, std::memory_order_acquire);
    const auto before = static_cast<std::ptrdiff_t>(posted_.size());
    while (list != nullptr) {
        posted_.push_back(std::move(list->work));
        delete std::exchange(list, list->next);
    }
    std::reverse(posted_.begin() + before, posted_.end());
}

// Only what is there now: work that posts work must not keep timers from running.
void RealLoop::run_posted() {
    take_posted();
    for (auto count = posted_.size(); count > 0 && !stopping_.load(std::memory_order_acquire); --count) {
        auto work = std::move(posted_.front());
        posted_.pop_front();
        work();
    }
}

void RealLoop::run_due_timers() {
    const auto now = std::chrono::steady_clock::now();
    while (!timers_.empty() && timers_.begin()->first.first <= now && !stopping_.load(std::memory_order_acquire)) {
        auto due = timers_.extract(timers_.begin());
        times_.erase(due.key().second);
        due.mapped()();
    }
}

void RealLoop::wait_for_more() {
    take_posted();
    if (!posted_.empty() || stopping_.load(std::memory_order_acquire)) return;
    timespec limit{};
    const timespec* timeout = nullptr;
    if (!timers_.empty()) {
        const auto left = std::max(Nanos{0}, Nanos{timers_.begin()->first.first - std::chrono::steady_clock::now()});
        const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
        limit = {.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
        timeout = &limit;
    }
    pollfd waited{.fd = event_, .events = POLLIN, .revents = 0};
    static_cast<void>(::ppoll(&waited, 1, timeout, nullptr));
    std::uint64_t count = 0;
    static_cast<void>(!::read(event_, &count, sizeof count));
}

void RealLoop::run() {
    stopping_.store(false, std::memory_order_release);
    while (!stopping_.load(std::memory_order_acquire)) {
        run_posted();
        run_due_timers();
        wait_for_more();
    }
}

void RealLoop::stop() {
    stopping_.store(true, std::memory_order_release);
    wake();
}

}  // namespace moldau::loop
