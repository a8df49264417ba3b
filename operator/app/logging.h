// Log lines by spdlog, as text or JSON, to standard error.

#pragma once

#include "operator/app/options.h"

namespace moldau::app {

void start_logging(const OperatorOptions& options);
// Writes out what is buffered.
void flush_logging();

}  // namespace moldau::app
