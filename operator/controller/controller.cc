// The pump between the queue and the steps.

#include "operator/controller/controller.h"

#include <memory>
#include <utility>

#include "base/check.h"

namespace moldau::controller {

Controller::Controller(loop::Loop& loop, Reconciler& reconciler, metrics::Registry& metrics, ControllerOptions options)
    : loop_(loop),
      reconciler_(reconciler),
      options_(std::move(options)),
      queue_(options_.queue),
      steps_(metrics, options_.step),
      is_pump_posted_(std::make_shared<bool>(false)) {
    CHECK(options_.workers > 0 && options_.starts_per_turn > 0);
    metrics.value(metrics::Metric::kReconcileWorkersMax, {steps_.name()}) = static_cast<double>(options_.workers);
    metrics.on_collect([this, alive = std::weak_ptr(is_pump_posted_)] {
        if (!alive.expired()) collect();
    });
}

Controller::~Controller() { CHECK(tasks_.count() == 0 && timer_ == loop::TimerId::kNone); }

void Controller::add(const Key& key, Priority priority) {
    queue_.add(key, priority, loop_.mono_now());
    schedule();
}

void Controller::add_after(const Key& key, Millis delay) {
    queue_.add_after(key, delay, loop_.mono_now());
    schedule();
}

void Controller::start() {
    is_running_ = true;
    schedule();
}

Task<void> Controller::stop() {
    is_running_ = false;
    loop_.cancel_timer(std::exchange(timer_, loop::TimerId::kNone));
    co_await tasks_.stop();
}

// One pump is posted at a time, however many keys are added in a turn.
void Controller::schedule() {
    if (!is_running_ || std::exchange(*is_pump_posted_, true)) return;
    loop_.post([this, posted = std::weak_ptr(is_pump_posted_)] {
        const auto alive = posted.lock();
        if (!alive) return;
        *alive = false;
        pump();
    });
}

void Controller::pump() {
    for (std::size_t started = 0; is_running_ && tasks_.count() < options_.workers; ++started) {
        if (started == options_.starts_per_turn) return schedule();
        auto taken = queue_.take(loop_.mono_now());
        if (!taken) break;
        tasks_.start(work(*std::move(taken)));
    }
    if (is_running_) set_timer();
}

void Controller::set_timer() {
    const auto due = queue_.next_due();
    if (timer_ != loop::TimerId::kNone && due && timer_at_ == *due) return;
    loop_.cancel_timer(std::exchange(timer_, loop::TimerId::kNone));
    if (!due) return;
    timer_at_ = *due;
    timer_ = loop_.call_at(*due, [this] {
        timer_ = loop::TimerId::kNone;
        pump();
    });
}

Task<void> Controller::work(WorkQueue::Taken taken) {
    steps_.started(taken);
    const auto outcome = co_await reconciler_.reconcile(taken.key);
    const auto now = loop_.mono_now();
    steps_.settle(queue_, taken.key, outcome, now);
    steps_.ended(outcome, queue_.done(taken.key, now));
    schedule();
}

void Controller::collect() {
    steps_.show({.depth = queue_.depth(),
                 .active = tasks_.count(),
                 .unfinished = queue_.unfinished(loop_.mono_now()),
                 .counters = queue_.counters()});
}

}  // namespace moldau::controller
