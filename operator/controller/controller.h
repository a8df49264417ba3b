// Runs a Reconciler over the keys of a work queue.
//
// The problem: ten thousand objects want to be looked at at once, the API server and the brokers take only so many requests,
// a failing object must not take the others' turns, and a step under way must end before the process does. The idea: at most
// `workers` steps at a time, each a coroutine on the loop; the queue decides who is next; what a step says decides when its
// key comes again. Each turn of the loop starts only a few steps, so that the loop stays responsive. Place: one per kind.

#pragma once

#include <cstddef>
#include <memory>

#include "base/task.h"
#include "base/task_group.h"
#include "operator/controller/reconciler.h"
#include "operator/controller/steps.h"
#include "operator/controller/work_queue.h"
#include "operator/loop/loop.h"
#include "operator/metrics/metrics.h"

namespace moldau::controller {

struct ControllerOptions {
    StepOptions step;
    std::size_t workers = 16;
    std::size_t starts_per_turn = 64;
    WorkQueueOptions queue;
};

// Lifetime: stop() must have resolved before it goes. Thread: the loop's.
class Controller {
public:
    Controller(loop::Loop& loop, Reconciler& reconciler, metrics::Registry& metrics, ControllerOptions options);
    Controller(const Controller&) = delete;
    Controller& operator=(const Controller&) = delete;
    ~Controller();

    // Keys may be added before start(); they wait. Never runs a step inside the call.
    void add(const Key& key, Priority priority);
    void add_after(const Key& key, Millis delay);

    void start();
    // Starts no more steps; resolves when those under way have ended.
    Task<void> stop();

    const WorkQueue& queue() const { return queue_; }
    // Nothing waits and nothing is under way; delayed keys do not count.
    bool is_idle() const { return queue_.is_idle(); }

private:
    void schedule();
    void pump();
    void set_timer();
    Task<void> work(WorkQueue::Taken taken);
    void collect();

    loop::Loop& loop_;
    Reconciler& reconciler_;
    ControllerOptions options_;
    WorkQueue queue_;
    Steps steps_;
    TaskGroup tasks_;
    loop::TimerId timer_ = loop::TimerId::kNone;
    MonoTime timer_at_;
    bool is_running_ = false;
    // Work posted to the loop may outlive the controller: it looks here first.
    std::shared_ptr<bool> is_pump_posted_;
};

}  // namespace moldau::controller
