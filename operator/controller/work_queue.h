// Which object to look at next: keys, each at most once, with priorities and back-off.
//
// The problem: events come in bursts and name the same object many times; an object must never be worked on twice at once,
// nor an event that comes meanwhile be lost; one that fails must not be tried in a tight loop; and ten thousand objects of
// the first list must not make a person's edit wait. The idea: a key is in at most one place (waiting, delayed or being
// worked on) and remembers when it became dirty while being worked on; live changes overtake the rest, but every eighth turn
// goes to the others. Place: no clock, no thread, no coroutine; `Controller` owns one and gives it the time.

#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/time.h"
#include "operator/controller/key.h"

namespace moldau::controller {

// kLive: somebody changed it just now. kBulk: one of many: the first list, a relist, a resync.
enum class Priority : std::uint8_t { kLive, kBulk };

struct WorkQueueOptions {
    Millis backoff_first{100};  // after the first failure; doubles with each
    Millis backoff_max{60'000};
    std::size_t bulk_every = 8;  // so many takes give one to kBulk, whatever kLive has
};

// What a queue has done, for metrics.
struct WorkQueueCounters {
    std::uint64_t adds = 0;
    std::uint64_t retries = 0;
};

// Thread: one. Invariant: a key is queued, delayed or processing, never two of these; forgotten without a failure it takes
// no memory. Bounded by the number of objects that exist: there is one entry per key.
class WorkQueue {
public:
    explicit WorkQueue(WorkQueueOptions options = {}) : options_(options) {}

    // To be worked on as soon as its turn comes. Waiting already: only its priority may rise. Being worked on: again after.
    void add(const Key& key, Priority priority, MonoTime now);
    // After `delay`, unless it is waiting, or due earlier, already; kept through processing.
    void add_after(const Key& key, Millis delay, MonoTime now);
    // After a delay that doubles with each call since forget(); `jitter` in [0, 1) takes away up to a quarter of it. Returns
    // the delay.
    Millis add_with_backoff(const Key& key, double jitter, MonoTime now);
    // It went well: the next failure starts with the shortest delay again.
    void forget(const Key& key);

    struct Taken {
        Key key;
        Priority priority = Priority::kBulk;
        Nanos waited{0};
    };
    // The next key, which is being worked on from now; nullopt when none is due.
    std::optional<Taken> take(MonoTime now);
    // The same, of those with kLive alone.
    std::optional<Taken> take_live(MonoTime now);
    // The work on a taken key has ended; returns how long it took.
    Nanos done(const Key& key, MonoTime now);

    // When the earliest delayed key is due; nullopt: none is delayed.
    std::optional<MonoTime> next_due() const;
    std::size_t depth() const { return waiting_[0].size() + waiting_[1].size(); }
    std::size_t depth_live() const { return waiting_[0].size(); }
    std::size_t delayed() const { return delayed_.size(); }
    std::size_t processing() const { return processing_; }
    int failures(const Key& key) const;
    // Keys that take memory.
    std::size_t size() const { return entries_.size(); }
    bool is_idle() const { return depth() == 0 && processing_ == 0; }
    const WorkQueueCounters& counters() const { return counters_; }
    // Time spent so far on keys being worked on: all added up, and the longest.
    std::pair<Nanos, Nanos> unfinished(MonoTime now) const;

private:
    enum class State : std::uint8_t { kNone, kQueued, kDelayed, kProcessing };
    struct Entry {
        State state = State::kNone;
        Priority priority = Priority::kBulk;
        std::optional<Priority> dirty;  // kProcessing: to be queued again
        std::optional<MonoTime> due;    // kDelayed; kProcessing: to be delayed again
        std::uint64_t sequence = 0;     // its place in waiting_ or delayed_
        MonoTime since;                 // queued or taken
        int failures = 0;
    };
    using Entries = std::unordered_map<Key, Entry, KeyHash>;
    using Node = Entries::value_type;

    void enqueue(Node& node, Priority priority, MonoTime now);
    void delay(Node& node, MonoTime due);
    void leave_place(Node& node);
    void release_due(MonoTime now);
    void drop_if_unused(const Key& key);
    std::size_t pick_lane();
    Taken take_from(std::size_t lane, MonoTime now);

    WorkQueueOptions options_;
    Entries entries_;
    std::map<std::uint64_t, Node*> waiting_[2];  // by sequence: first come, first served
    std::map<std::pair<MonoTime, std::uint64_t>, Node*> delayed_;
    std::uint64_t sequence_ = 0;
    std::size_t takes_ = 0;
    std::size_t processing_ = 0;
    WorkQueueCounters counters_;
};

}  // namespace moldau::controller
