// What the system says about this process: memory, processor time, start.

#pragma once

#include "operator/metrics/metrics.h"

namespace moldau::metrics {

// Reads /proc/self at each scrape; without it the values stay 0.
void collect_process(Registry& registry);

}  // namespace moldau::metrics
