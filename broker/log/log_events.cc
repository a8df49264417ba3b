// Log lines of the log.

#include "log/log_events.h"

#include "base/logger.h"

namespace moldau::log {

void report_damage(std::string_view what) { LOG_ERROR("log", "stored bytes are damaged what=\"{}\"", what); }

void report_repair(std::string_view what) { LOG_INFO("log", "repaired what=\"{}\"", what); }

}  // namespace moldau::log
