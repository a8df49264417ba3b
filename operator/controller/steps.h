// Counting what steps did, under the names of controller-runtime; jitter; for Controller and BatchController.

#pragma once

#include <cstdint>
#include <string>

#include "operator/controller/reconciler.h"
#include "operator/controller/work_queue.h"
#include "operator/metrics/metrics.h"

namespace moldau::controller {

// xorshift64*: spreads retries, guards nothing.
class Jitter {
public:
    explicit Jitter(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}
    // In [0, 1).
    double next();

private:
    std::uint64_t state_;
};

struct StepOptions {
    std::string name;                 // "topic": in metrics and logs
    Millis blocked_recheck{300'000};  // after kBlocked, give or take a tenth
    std::uint64_t seed = 1;
};

// Puts a key back into its queue, or not, as its step's outcome says, and counts. Thread: the loop's.
class Steps {
public:
    Steps(metrics::Registry& metrics, StepOptions options);

    void started(const WorkQueue::Taken& taken);
    // Before WorkQueue::done().
    void settle(WorkQueue& queue, const Key& key, const Outcome& outcome, MonoTime now);
    void ended(const Outcome& outcome, Nanos took);

    // Sets the gauges; `active` steps are under way.
    struct Gauges {
        std::size_t depth = 0;
        std::size_t active = 0;
        std::pair<Nanos, Nanos> unfinished;
        WorkQueueCounters counters;  // of all queues, ever
    };
    void show(const Gauges& gauges);

    const std::string& name() const { return options_.name; }

private:
    metrics::Registry& metrics_;
    StepOptions options_;
    Jitter jitter_;
    WorkQueueCounters shown_;
};

}  // namespace moldau::controller
