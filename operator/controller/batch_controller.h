// Runs steps over many keys at once, group by group: for objects whose answers come in batches.
//
// The problem: ten thousand Topics of one broker must not mean ten thousand calls, one broker that hangs must not hold up
// the Topics of the others, and an edit must not wait for a batch of a thousand. The idea: keys belong to a group (a
// Cluster), each group has its own queue and takes up to `batch_max` keys a step; a few steps of a group run at once, over
// different keys, and one more that takes live changes alone. Groups take turns. Place: beside Controller, with the same
// queue and metrics.

#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/task.h"
#include "base/task_group.h"
#include "operator/controller/reconciler.h"
#include "operator/controller/steps.h"
#include "operator/controller/work_queue.h"
#include "operator/loop/loop.h"
#include "operator/metrics/metrics.h"

namespace moldau::controller {

// Thread: the loop's. A key is in one call at a time.
class BatchReconciler {
public:
    virtual ~BatchReconciler() = default;
    // What became of each key, in their order.
    virtual Task<std::vector<Outcome>> reconcile(Key group, std::vector<Key> keys) = 0;
};

struct BatchControllerOptions {
    StepOptions step;
    std::size_t batch_max = 100;
    std::size_t batches_per_group = 4;  // and one for live changes
    WorkQueueOptions queue;
};

// Lifetime: stop() must have resolved before it goes. Thread: the loop's. A group takes memory while it has keys.
class BatchController {
public:
    BatchController(loop::Loop& loop, BatchReconciler& reconciler, metrics::Registry& metrics,
                    BatchControllerOptions options);
    BatchController(const BatchController&) = delete;
    BatchController& operator=(const BatchController&) = delete;
    ~BatchController();

    // A key always comes with the same group. Never runs a step inside the call.
    void add(const Key& group, const Key& key, Priority priority);

    void start();
    // Starts no more steps; resolves when those under way have ended.
    Task<void> stop();

    // Nothing waits and nothing is under way; delayed keys do not count.
    bool is_idle() const;
    std::size_t depth() const;

private:
    struct Group {
        explicit Group(WorkQueueOptions options) : queue(options) {}
        WorkQueue queue;
        std::size_t batches = 0;
    };

    void schedule();
    void pump();
    void pump_group(const Key& name, Group& group);
    std::vector<WorkQueue::Taken> take(Group& group);
    void set_timer();
    Task<void> work(Key name, std::vector<WorkQueue::Taken> taken);
    void collect();

    loop::Loop& loop_;
    BatchReconciler& reconciler_;
    BatchControllerOptions options_;
    Steps steps_;
    TaskGroup tasks_;
    std::map<Key, Group> groups_;
    WorkQueueCounters gone_;  // counters of groups that have gone
    loop::TimerId timer_ = loop::TimerId::kNone;
    bool is_running_ = false;
    // Work posted to the loop may outlive the controller: it looks here first.
    std::shared_ptr<bool> is_pump_posted_;
};

}  // namespace moldau::controller
