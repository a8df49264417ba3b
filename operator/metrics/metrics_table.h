// The rows of the table of metrics, in the order of `Metric`.

#pragma once

#include <array>
#include <span>
#include <string_view>

#include "operator/metrics/metrics.h"

namespace moldau::metrics {

enum class MetricKind : std::uint8_t { kCounter, kGauge, kHistogram };

struct MetricRow {
    Metric metric;
    std::string_view name;
    MetricKind kind;
    std::string_view help;
    std::array<std::string_view, 3> labels{};
    std::span<const double> bounds{};  // of a histogram

    std::size_t label_count() const;
};

std::span<const MetricRow> metric_rows();
const MetricRow& row_of(Metric metric);

}  // namespace moldau::metrics
