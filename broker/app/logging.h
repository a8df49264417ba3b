// Log lines by spdlog, as text or JSON, to standard error.

#pragma once

#include "settings/values.h"

namespace moldau::app {

void start_logging(const settings::Values& values);
// Writes out what is buffered.
void flush_logging();

}  // namespace moldau::app
