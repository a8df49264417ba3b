// The operator's metrics: one table of all, and the registry that holds their values.
//
// The problem: people bring dashboards and alerts made for controller-runtime, so the names, labels and buckets must be its
// own; and a metric that is written in one file and documented in another drifts. The idea: a row per metric, from which
// /metrics and docs/operator/metrics.md are made; whoever counts takes a reference to its series once and adds to a plain
// number. Place: the lowest layer of the operator's upper half; knows nothing about what it counts.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moldau::metrics {

enum class Metric : std::uint8_t {
    kReconcileTotal,
    kReconcileErrors,
    kReconcileSeconds,
    kReconcileWorkers,
    kReconcileWorkersMax,
    kQueueDepth,
    kQueueAdds,
    kQueueSeconds,
    kQueueWorkSeconds,
    kQueueRetries,
    kQueueUnfinishedSeconds,
    kQueueLongestRunningSeconds,
    kApiRequests,
    kApiRequestSeconds,
    kIsLeader,
    kInformerRelists,
    kInformerEvents,
    kInformerObjects,
    kInformerSynced,
    kInformerLastEvent,
    kApplies,
    kEvents,
    kBrokerCalls,
    kBrokerCallSeconds,
    kBrokerCallItems,
    kResources,
    kProcessMemory,
    kProcessCpu,
    kProcessStart,
    kInfo,
    kCount,
};

// A distribution over the buckets of its row, which are upper bounds in ascending order, the last one open.
class Histogram {
public:
    explicit Histogram(std::span<const double> bounds) : bounds_(bounds), counts_(bounds.size() + 1) {}
    void observe(double value);
    std::span<const double> bounds() const { return bounds_; }
    // One more than bounds: not cumulative.
    const std::vector<std::uint64_t>& counts() const { return counts_; }
    double sum() const { return sum_; }
    std::uint64_t count() const;

private:
    std::span<const double> bounds_;
    std::vector<std::uint64_t> counts_;
    double sum_ = 0;
};

// The values of a row's labels, in the row's order.
using LabelValues = std::vector<std::string>;

// Thread: one, the operator's loop. References stay valid as long as the registry lives. Invariant: a metric has at most
// kSeriesMax series; values of labels past that share the series "other", so that no input can make memory grow.
class Registry {
public:
    static constexpr std::size_t kSeriesMax = 500;

    Registry();
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    // A counter's or gauge's number, made as 0 on first use.
    double& value(Metric metric, LabelValues labels = {});
    Histogram& histogram(Metric metric, LabelValues labels = {});

    // Called before each text(): for gauges that are cheaper to read than to keep.
    void on_collect(std::function<void()> collect) { collectors_.push_back(std::move(collect)); }
    // Prometheus' text format, version 0.0.4.
    std::string text();

private:
    struct Family {
        std::map<LabelValues, double> values;
        std::map<LabelValues, Histogram> histograms;
    };
    std::array<Family, static_cast<std::size_t>(Metric::kCount)> families_;
    std::vector<std::function<void()>> collectors_;
};

// docs/operator/metrics.md
std::string metrics_page();

}  // namespace moldau::metrics
