// The metrics: one table, from which /metrics and docs/metrics.md are made.

#pragma once

#include <string>

#include "admin/snapshot.h"

namespace moldau::admin {

// Prometheus' text format, version 0.0.4.
std::string metrics_text(const NodeSnapshot& snapshot);
// docs/metrics.md
std::string metrics_page();

}  // namespace moldau::admin
