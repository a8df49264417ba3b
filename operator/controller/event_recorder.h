// Tells people what the operator did, as Kubernetes events (events.k8s.io/v1) beside the object: `kubectl describe` shows
// them.
//
// The problem: an event is a write, and a fault that repeats every second must flood neither etcd nor the reader. The idea:
// nobody waits for an event; the same one again (object, type, reason, action) is counted and makes a series of the first,
// told to the API server at growing distances; each object has a budget, and so has the process; what exceeds them, or a
// queue that is full, is dropped and counted. Events are never needed for anything to work. Place: one per process, used by
// steps.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "base/task.h"
#include "base/task_group.h"
#include "operator/kube/client.h"
#include "operator/loop/cancel.h"
#include "operator/loop/loop.h"
#include "operator/loop/signal.h"
#include "operator/metrics/metrics.h"

namespace moldau::controller {

// The object that an event is about.
struct Regarding {
    std::string api_version;
    std::string kind;
    kube::ObjectKey key;
    std::string uid;
};

enum class EventType : std::uint8_t { kNormal, kWarning };

struct Event {
    Regarding regarding;
    EventType type = EventType::kNormal;
    std::string reason;  // "TopicCreated"
    std::string action;  // what was being done: "Reconcile"
    std::string note;    // for people; at most 1,024 bytes are kept
};

struct EventRecorderOptions {
    std::string controller = "moldau.dev/operator";
    std::string instance;           // the pod's name
    std::size_t pending_max = 200;  // events that wait to be written; newer ones are dropped
    double per_second = 20;         // of the process, after a burst of:
    double burst = 100;
    double object_burst = 25;  // of one object, then one in:
    std::chrono::seconds object_refill{300};
    Millis series_after{360'000};        // a repetition later than this is a new event
    std::size_t remembered_max = 4'096;  // events that a repetition can be a series of
};

// Lifetime: stop() must have resolved before it goes. Thread: the loop's. record() never waits.
class EventRecorder {
public:
    EventRecorder(kube::Client& client, EventRecorderOptions options, metrics::Registry& metrics);
    EventRecorder(const EventRecorder&) = delete;
    EventRecorder& operator=(const EventRecorder&) = delete;
    ~EventRecorder();

    void record(Event event);

    void start();
    // What waits is dropped.
    Task<void> stop();
    std::size_t pending() const { return pending_.size(); }

private:
    // The same for all repetitions of an event.
    using Identity = std::string;
    struct Series {
        kube::ObjectKey key;  // of the Event object, empty until it is written
        Event event;
        std::int64_t count = 1;
        WallTime last{};
        MonoTime last_mono{};
        bool is_pending = false;
    };
    struct Bucket {
        double tokens = 0;
        MonoTime filled_at{};
        bool take(double burst, double per_second, MonoTime now);
    };

    Task<void> run();
    Task<void> write(Identity identity);
    Task<bool> create(Identity identity, Event event, kube::ObjectKey key, WallTime when);
    Task<bool> patch(kube::ObjectKey key, std::int64_t count, WallTime last);
    void repeat(Series& series, const Identity& identity, Now now);
    bool is_admitted(const Event& event, MonoTime now);
    void forget_old(MonoTime now);
    void count(const char* result);

    kube::Client& client_;
    EventRecorderOptions options_;
    metrics::Registry& metrics_;
    std::map<Identity, Series> series_;
    std::map<std::string, Bucket> objects_;
    Bucket process_;
    std::deque<Identity> pending_;
    std::uint64_t sequence_ = 0;
    loop::Signal added_;
    loop::Cancel cancel_;
    TaskGroup tasks_;
};

}  // namespace moldau::controller
