// Log lines by spdlog, as text or JSON, to standard error.

#pragma once

#include "settings/values.h"

namespace moldau::app {

void start_logging(const settings::Values& values);
// Follows a change of moldau.log.level. Any thread.
void set_log_level(const settings::Values& values);
// Writes out what is buffered.
void flush_logging();

}  // namespace moldau::app
