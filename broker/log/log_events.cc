// Log lines of the log.

#include "log/log_events.h"

#include <spdlog/spdlog.h>

namespace moldau::log {

void report_damage(std::string_view what) { spdlog::error("log: stored bytes are damaged what=\"{}\"", what); }

void report_repair(std::string_view what) { spdlog::info("log: repaired what=\"{}\"", what); }

}  // namespace moldau::log
