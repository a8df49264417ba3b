// The places of a key, and its way between them.

#include "operator/controller/work_queue.h"

#include <algorithm>

#include "base/check.h"

namespace moldau::controller {

void WorkQueue::enqueue(Node& node, Priority priority, MonoTime now) {
    leave_place(node);
    auto& entry = node.second;
    entry.state = State::kQueued;
    entry.priority = priority;
    entry.sequence = ++sequence_;
    entry.since = now;
    waiting_[static_cast<std::size_t>(priority)].emplace(entry.sequence, &node);
}

void WorkQueue::delay(Node& node, MonoTime due) {
    leave_place(node);
    auto& entry = node.second;
    entry.state = State::kDelayed;
    entry.due = due;
    entry.sequence = ++sequence_;
    delayed_.emplace(std::pair{due, entry.sequence}, &node);
}

void WorkQueue::leave_place(Node& node) {
    auto& entry = node.second;
    if (entry.state == State::kQueued) waiting_[static_cast<std::size_t>(entry.priority)].erase(entry.sequence);
    if (entry.state == State::kDelayed) delayed_.erase({*entry.due, entry.sequence});
    if (entry.state == State::kDelayed) entry.due.reset();
    entry.state = State::kNone;
}

void WorkQueue::add(const Key& key, Priority priority, MonoTime now) {
    auto& node = *entries_.try_emplace(key).first;
    auto& entry = node.second;
    if (entry.state == State::kProcessing) {
        if (!entry.dirty) ++counters_.adds;
        entry.dirty = std::min(priority, entry.dirty.value_or(priority));
        return;
    }
    if (entry.state == State::kQueued) {
        if (priority >= entry.priority) return;
        const auto since = entry.since;
        enqueue(node, priority, now);
        entry.since = since;
        return;
    }
    ++counters_.adds;
    enqueue(node, priority, now);
}

void WorkQueue::add_after(const Key& key, Millis delay_by, MonoTime now) {
    if (delay_by <= Millis{0}) return add(key, Priority::kBulk, now);
    auto& node = *entries_.try_emplace(key).first;
    auto& entry = node.second;
    const auto due = now + delay_by;
    if (entry.state == State::kQueued) return;
    if (entry.due && *entry.due <= due) return;
    if (entry.state == State::kProcessing) {
        entry.due = due;
        return;
    }
    delay(node, due);
}

Millis WorkQueue::add_with_backoff(const Key& key, double jitter, MonoTime now) {
    auto& entry = entries_[key];
    constexpr int kDoublingsMax = 30;
    const auto doublings = std::min(entry.failures, kDoublingsMax);
    ++entry.failures;
    ++counters_.retries;
    const auto full = std::min<std::int64_t>(options_.backoff_first.count() << doublings, options_.backoff_max.count());
    const Millis delay_by{
        std::max<std::int64_t>(1, full - static_cast<std::int64_t>(static_cast<double>(full) * jitter / 4))};
    add_after(key, delay_by, now);
    return delay_by;
}

void WorkQueue::forget(const Key& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    found->second.failures = 0;
    drop_if_unused(key);
}

void WorkQueue::release_due(MonoTime now) {
    while (!delayed_.empty() && delayed_.begin()->first.first <= now) {
        auto& node = *delayed_.begin()->second;
        ++counters_.adds;
        enqueue(node, node.second.priority, now);
    }
}

std::size_t WorkQueue::pick_lane() {
    const bool is_bulk_turn = ++takes_ % options_.bulk_every == 0;
    const std::size_t first = is_bulk_turn ? 1 : 0;
    return waiting_[first].empty() ? 1 - first : first;
}

std::optional<WorkQueue::Taken> WorkQueue::take(MonoTime now) {
    release_due(now);
    if (depth() == 0) return std::nullopt;
    return take_from(pick_lane(), now);
}

std::optional<WorkQueue::Taken> WorkQueue::take_live(MonoTime now) {
    release_due(now);
    constexpr auto kLane = static_cast<std::size_t>(Priority::kLive);
    if (waiting_[kLane].empty()) return std::nullopt;
    return take_from(kLane, now);
}

WorkQueue::Taken WorkQueue::take_from(std::size_t lane, MonoTime now) {
    auto& node = *waiting_[lane].begin()->second;
    auto& entry = node.second;
    const Nanos waited = now - entry.since;
    leave_place(node);
    entry.state = State::kProcessing;
    entry.since = now;
    ++processing_;
    return {node.first, entry.priority, waited};
}

Nanos WorkQueue::done(const Key& key, MonoTime now) {
    const auto found = entries_.find(key);
    CHECK(found != entries_.end() && found->second.state == State::kProcessing);
    auto& entry = found->second;
    const Nanos took = now - entry.since;
    entry.state = State::kNone;
    --processing_;
    const auto due = std::exchange(entry.due, std::nullopt);
    if (const auto dirty = std::exchange(entry.dirty, std::nullopt))
        enqueue(*found, *dirty, now);
    else if (due)
        delay(*found, *due);
    drop_if_unused(key);
    return took;
}

void WorkQueue::drop_if_unused(const Key& key) {
    const auto found = entries_.find(key);
    if (found != entries_.end() && found->second.state == State::kNone && found->second.failures == 0) entries_.erase(found);
}

std::optional<MonoTime> WorkQueue::next_due() const {
    if (delayed_.empty()) return std::nullopt;
    return delayed_.begin()->first.first;
}

int WorkQueue::failures(const Key& key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? 0 : found->second.failures;
}

std::pair<Nanos, Nanos> WorkQueue::unfinished(MonoTime now) const {
    std::pair<Nanos, Nanos> result{0, 0};
    if (processing_ == 0) return result;
    for (const auto& [key, entry] : entries_) {
        if (entry.state != State::kProcessing) continue;
        result.first += now - entry.since;
        result.second = std::max<Nanos>(result.second, now - entry.since);
    }
    return result;
}

}  // namespace moldau::controller
