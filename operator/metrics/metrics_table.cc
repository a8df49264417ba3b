// What the operator counts. Names, labels and buckets of controller_runtime_*, workqueue_*, rest_client_* and
// leader_election_* are those of sigs.k8s.io/controller-runtime and k8s.io/client-go, so that dashboards made for them work.

#include "operator/metrics/metrics_table.h"

#include <algorithm>

#include "base/check.h"

namespace moldau::metrics {
namespace {

using enum MetricKind;

constexpr double kReconcileBounds[] = {0.005, 0.01, 0.025, 0.05, 0.1,  0.15, 0.2,  0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6,
                                       0.7,   0.8,  0.9,   1,    1.25, 1.5,  1.75, 2,    2.5, 3,    3.5, 4,    4.5, 5,
                                       6,     7,    8,     9,    10,   15,   20,   25,   30,  40,   50,  60};
constexpr double kQueueBounds[] = {1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000};
constexpr double kCallBounds[] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
constexpr double kItemBounds[] = {1, 5, 20, 50, 100, 200, 500};

constexpr MetricRow kRows[] = {
    {Metric::kReconcileTotal,
     "controller_runtime_reconcile_total",
     kCounter,
     "Reconciliations by their result: success, requeue, requeue_after, error.",
     {"controller", "result"}},
    {Metric::kReconcileErrors,
     "controller_runtime_reconcile_errors_total",
     kCounter,
     "Reconciliations that failed.",
     {"controller"}},
    {Metric::kReconcileSeconds,
     "controller_runtime_reconcile_time_seconds",
     kHistogram,
     "How long a reconciliation took.",
     {"controller"},
     kReconcileBounds},
    {Metric::kReconcileWorkers, "controller_runtime_active_workers", kGauge, "Reconciliations under way.", {"controller"}},
    {Metric::kReconcileWorkersMax,
     "controller_runtime_max_concurrent_reconciles",
     kGauge,
     "How many reconciliations may be under way at once.",
     {"controller"}},
    {Metric::kQueueDepth, "workqueue_depth", kGauge, "Keys that wait to be reconciled.", {"name"}},
    {Metric::kQueueAdds, "workqueue_adds_total", kCounter, "Keys added to the queue, duplicates not counted.", {"name"}},
    {Metric::kQueueSeconds,
     "workqueue_queue_duration_seconds",
     kHistogram,
     "How long a key waited before it was taken.",
     {"name"},
     kQueueBounds},
    {Metric::kQueueWorkSeconds,
     "workqueue_work_duration_seconds",
     kHistogram,
     "How long a key was worked on.",
     {"name"},
     kQueueBounds},
    {Metric::kQueueRetries,
     "workqueue_retries_total",
     kCounter,
     "Keys added again after a failure, with back-off.",
     {"name"}},
    {Metric::kQueueUnfinishedSeconds,
     "workqueue_unfinished_work_seconds",
     kGauge,
     "Time spent so far on keys being worked on, added up: a value that grows means a stuck worker.",
     {"name"}},
    {Metric::kQueueLongestRunningSeconds,
     "workqueue_longest_running_processor_seconds",
     kGauge,
     "How long the key has been worked on that takes longest.",
     {"name"}},
    {Metric::kApiRequests,
     "rest_client_requests_total",
     kCounter,
     "Requests to the API server by status code; <error> when there was no answer.",
     {"code", "method", "host"}},
    {Metric::kApiRequestSeconds,
     "rest_client_request_duration_seconds",
     kHistogram,
     "How long the API server took to answer, watches aside.",
     {"verb"},
     kCallBounds},
    {Metric::kIsLeader,
     "leader_election_master_status",
     kGauge,
     "1 while this process holds the lease, 0 while it waits for it.",
     {"name"}},
    {Metric::kInformerRelists,
     "moldau_operator_informer_relists_total",
     kCounter,
     "Lists of a whole resource: one at the start, more when a watch could not go on.",
     {"resource", "reason"}},
    {Metric::kInformerEvents,
     "moldau_operator_informer_events_total",
     kCounter,
     "Changes of objects seen, by type: added, modified, deleted.",
     {"resource", "type"}},
    {Metric::kInformerObjects, "moldau_operator_informer_objects", kGauge, "Objects held in memory.", {"resource"}},
    {Metric::kInformerSynced,
     "moldau_operator_informer_synced",
     kGauge,
     "1 once the resource has been listed and while its watch is alive.",
     {"resource"}},
    {Metric::kInformerLastEvent,
     "moldau_operator_informer_last_event_timestamp_seconds",
     kGauge,
     "When the watch last said anything, bookmarks included, in Unix time.",
     {"resource"}},
    {Metric::kApplies,
     "moldau_operator_writes_total",
     kCounter,
     "Objects that were to be written, by result: written, unchanged (no request was made), conflict, failed.",
     {"resource", "verb", "result"}},
    {Metric::kEvents,
     "moldau_operator_events_total",
     kCounter,
     "Kubernetes events, by result: written, aggregated, dropped, failed.",
     {"result"}},
    {Metric::kBrokerCalls,
     "moldau_operator_broker_calls_total",
     kCounter,
     "Calls of a broker's operator API, by result: ok, failed.",
     {"call", "result"}},
    {Metric::kBrokerCallSeconds,
     "moldau_operator_broker_call_duration_seconds",
     kHistogram,
     "How long a broker took to answer.",
     {"call"},
     kCallBounds},
    {Metric::kBrokerCallItems,
     "moldau_operator_broker_call_items",
     kHistogram,
     "Topics in one call.",
     {"call"},
     kItemBounds},
    {Metric::kResources,
     "moldau_operator_resources",
     kGauge,
     "Custom resources by the status of their Ready condition: True, False, Unknown.",
     {"kind", "ready"}},
    {Metric::kProcessMemory, "process_resident_memory_bytes", kGauge, "Memory of the process that is in RAM."},
    {Metric::kProcessCpu, "process_cpu_seconds_total", kCounter, "User and system time of the process."},
    {Metric::kProcessStart, "process_start_time_seconds", kGauge, "When the process started, in Unix time."},
    {Metric::kInfo, "moldau_operator_info", kGauge, "Always 1; its labels say what runs.", {"version"}},
};
static_assert(std::size(kRows) == static_cast<std::size_t>(Metric::kCount));

constexpr bool rows_are_in_order() {
    for (std::size_t index = 0; index < std::size(kRows); ++index)
        if (kRows[index].metric != static_cast<Metric>(index)) return false;
    return true;
}
static_assert(rows_are_in_order());

}  // namespace

std::size_t MetricRow::label_count() const {
    return static_cast<std::size_t>(std::ranges::count_if(labels, [](auto label) { return !label.empty(); }));
}

std::span<const MetricRow> metric_rows() { return kRows; }

const MetricRow& row_of(Metric metric) {
    CHECK(metric < Metric::kCount);
    return kRows[static_cast<std::size_t>(metric)];
}

}  // namespace moldau::metrics
