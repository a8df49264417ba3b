// Series by their labels, and Prometheus' families made of them.

#include "operator/metrics/metrics.h"

#include <fmt/format.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/check.h"
#include "operator/metrics/metrics_table.h"

namespace moldau::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricType type_of(MetricKind kind) {
    switch (kind) {
        case MetricKind::kCounter:
            return MetricType::Counter;
        case MetricKind::kGauge:
            return MetricType::Gauge;
        case MetricKind::kHistogram:
            return MetricType::Histogram;
    }
    return MetricType::Untyped;
}

std::string_view name_of(MetricKind kind) {
    if (kind == MetricKind::kHistogram) return "histogram";
    return kind == MetricKind::kCounter ? "counter" : "gauge";
}

ClientMetric metric_of(const MetricRow& row, const LabelValues& labels) {
    ClientMetric metric;
    for (std::size_t index = 0; index < labels.size(); ++index)
        metric.label.push_back({std::string(row.labels[index]), labels[index]});
    return metric;
}

ClientMetric value_metric(const MetricRow& row, const LabelValues& labels, double value) {
    auto metric = metric_of(row, labels);
    if (row.kind == MetricKind::kCounter)
        metric.counter.value = value;
    else
        metric.gauge.value = value;
    return metric;
}

ClientMetric histogram_metric(const MetricRow& row, const LabelValues& labels, const Histogram& histogram) {
    auto metric = metric_of(row, labels);
    std::uint64_t seen = 0;
    const auto bounds = histogram.bounds();
    for (std::size_t index = 0; index < histogram.counts().size(); ++index) {
        seen += histogram.counts()[index];
        const double bound = index < bounds.size() ? bounds[index] : std::numeric_limits<double>::infinity();
        metric.histogram.bucket.push_back({seen, bound});
    }
    metric.histogram.sample_count = seen;
    metric.histogram.sample_sum = histogram.sum();
    return metric;
}

// The labels to use: those given, or all "other" when the metric has no room for a new series.
template <class Map>
LabelValues admitted(const Map& known, LabelValues labels) {
    if (known.size() < Registry::kSeriesMax || known.contains(labels)) return labels;
    std::ranges::fill(labels, "other");
    return labels;
}

std::string labels_text(const MetricRow& row) {
    std::string text;
    for (std::size_t index = 0; index < row.label_count(); ++index)
        text += fmt::format("{}`{}`", index == 0 ? "" : ", ", row.labels[index]);
    return text;
}

}  // namespace

void Histogram::observe(double value) {
    const auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
    ++counts_[static_cast<std::size_t>(bucket)];
    sum_ += value;
}

std::uint64_t Histogram::count() const { return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0}); }

Registry::Registry() {
    for (const auto& row : metric_rows()) {
        if (row.label_count() == 0) static_cast<void>(value(row.metric));
    }
}

double& Registry::value(Metric metric, LabelValues labels) {
    const auto& row = row_of(metric);
    CHECK(row.kind != MetricKind::kHistogram && labels.size() == row.label_count());
    auto& values = families_[static_cast<std::size_t>(metric)].values;
    return values[admitted(values, std::move(labels))];
}

Histogram& Registry::histogram(Metric metric, LabelValues labels) {
    const auto& row = row_of(metric);
    CHECK(row.kind == MetricKind::kHistogram && labels.size() == row.label_count());
    auto& histograms = families_[static_cast<std::size_t>(metric)].histograms;
    return histograms.try_emplace(admitted(histograms, std::move(labels)), row.bounds).first->second;
}

std::string Registry::text() {
    for (const auto& collect : collectors_) collect();
    std::vector<MetricFamily> families;
    for (const auto& row : metric_rows()) {
        const auto& family = families_[static_cast<std::size_t>(row.metric)];
        MetricFamily out{std::string(row.name), std::string(row.help), type_of(row.kind), {}};
        for (const auto& [labels, value] : family.values) out.metric.push_back(value_metric(row, labels, value));
        for (const auto& [labels, histogram] : family.histograms)
            out.metric.push_back(histogram_metric(row, labels, histogram));
        if (!out.metric.empty()) families.push_back(std::move(out));
    }
    return prometheus::TextSerializer{}.Serialize(families);
}

std::string metrics_page() {
    std::string page =
        "# Metrics of the operator\n\n"
        "Made by `moldau-operator --print-metrics-docs` from the table in `operator/metrics`; do not edit. The operator "
        "shows\nthem at `/metrics` of its metrics listener (port 8080), in base units. Those that controller-runtime and "
        "client-go have\ncarry their names, labels and buckets, so dashboards made for other operators show this one "
        "too.\n\n"
        "| name | type | labels | meaning |\n|---|---|---|---|\n";
    for (const auto& row : metric_rows())
        page += fmt::format("| `{}` | {} | {} | {} |\n", row.name, name_of(row.kind), labels_text(row), row.help);
    return page;
}

}  // namespace moldau::metrics
