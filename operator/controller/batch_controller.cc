// Groups, their batches and the pump.

#include "operator/controller/batch_controller.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace moldau::controller {

BatchController::BatchController(loop::Loop& loop, BatchReconciler& reconciler, metrics::Registry& metrics,
                                 BatchControllerOptions options)
    : loop_(loop),
      reconciler_(reconciler),
      options_(std::move(options)),
      steps_(metrics, options_.step),
      is_pump_posted_(std::make_shared<bool>(false)) {
    CHECK(options_.batch_max > 0 && options_.batches_per_group > 0);
    metrics.value(metrics::Metric::kReconcileWorkersMax, {steps_.name()}) =
        static_cast<double>(options_.batches_per_group + 1);
    metrics.on_collect([this, alive = std::weak_ptr(is_pump_posted_)] {
        if (!alive.expired()) collect();
    });
}

BatchController::~BatchController() { CHECK(tasks_.count() == 0 && timer_ == loop::TimerId::kNone); }

void BatchController::add(const Key& group, const Key& key, Priority priority) {
    groups_.try_emplace(group, options_.queue).first->second.queue.add(key, priority, loop_.mono_now());
    schedule();
}

void BatchController::start() {
    is_running_ = true;
    schedule();
}

Task<void> BatchController::stop() {
    is_running_ = false;
    loop_.cancel_timer(std::exchange(timer_, loop::TimerId::kNone));
    co_await tasks_.stop();
}

bool BatchController::is_idle() const {
    return std::ranges::all_of(groups_, [](const auto& item) { return item.second.queue.is_idle(); });
}

std::size_t BatchController::depth() const {
    std::size_t depth = 0;
    for (const auto& [name, group] : groups_) depth += group.queue.depth();
    return depth;
}

// One pump is posted at a time, however many keys are added in a turn: so they come in one batch.
void BatchController::schedule() {
    if (!is_running_ || std::exchange(*is_pump_posted_, true)) return;
    loop_.post([this, posted = std::weak_ptr(is_pump_posted_)] {
        const auto alive = posted.lock();
        if (!alive) return;
        *alive = false;
        pump();
    });
}

void BatchController::pump() {
    if (!is_running_) return;
    for (auto& [name, group] : groups_) pump_group(name, group);
    std::erase_if(groups_, [&](const auto& item) {
        const auto& queue = item.second.queue;
        if (queue.size() > 0) return false;
        gone_.adds += queue.counters().adds;
        gone_.retries += queue.counters().retries;
        return true;
    });
    set_timer();
}

// One batch of each group a turn: a large group leaves the loop to the others.
void BatchController::pump_group(const Key& name, Group& group) {
    auto taken = take(group);
    if (taken.empty()) return;
    ++group.batches;
    tasks_.start(work(name, std::move(taken)));
    if (group.queue.depth() > 0) schedule();
}

std::vector<WorkQueue::Taken> BatchController::take(Group& group) {
    std::vector<WorkQueue::Taken> taken;
    if (group.batches > options_.batches_per_group) return taken;
    const bool live_only = group.batches == options_.batches_per_group;
    const auto now = loop_.mono_now();
    while (taken.size() < options_.batch_max) {
        auto one = live_only ? group.queue.take_live(now) : group.queue.take(now);
        if (!one) break;
        steps_.started(*one);
        taken.push_back(*std::move(one));
    }
    return taken;
}

void BatchController::set_timer() {
    loop_.cancel_timer(std::exchange(timer_, loop::TimerId::kNone));
    std::optional<MonoTime> due;
    const auto now = loop_.mono_now();
    for (const auto& [name, group] : groups_) {
        const auto next = group.queue.next_due();
        // One that is due already waits for the end of a batch, which pumps.
        if (next && *next > now && (!due || *next < *due)) due = next;
    }
    if (!due) return;
    timer_ = loop_.call_at(*due, [this] {
        timer_ = loop::TimerId::kNone;
        pump();
    });
}

Task<void> BatchController::work(Key name, std::vector<WorkQueue::Taken> taken) {
    std::vector<Key> keys;
    keys.reserve(taken.size());
    for (const auto& one : taken) keys.push_back(one.key);
    const auto outcomes = co_await reconciler_.reconcile(name, keys);
    CHECK(outcomes.size() == keys.size());
    auto& group = groups_.at(name);
    const auto now = loop_.mono_now();
    for (std::size_t index = 0; index < keys.size(); ++index) {
        steps_.settle(group.queue, keys[index], outcomes[index], now);
        steps_.ended(outcomes[index], group.queue.done(keys[index], now));
    }
    --group.batches;
    schedule();
}

void BatchController::collect() {
    Steps::Gauges gauges{.active = tasks_.count(), .counters = gone_};
    for (const auto& [name, group] : groups_) {
        gauges.depth += group.queue.depth();
        const auto [all, longest] = group.queue.unfinished(loop_.mono_now());
        gauges.unfinished.first += all;
        gauges.unfinished.second = std::max(gauges.unfinished.second, longest);
        gauges.counters.adds += group.queue.counters().adds;
        gauges.counters.retries += group.queue.counters().retries;
    }
    steps_.show(gauges);
}

}  // namespace moldau::controller
