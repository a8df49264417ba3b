// Where log lines go.

#include "base/logger.h"

#include <atomic>
#include <cstdio>

namespace moldau {
namespace {

void to_standard_error(LogLevel level, std::string_view module, std::string_view line) {
    const auto text = fmt::format("{} {}: {}\n", level == LogLevel::kError ? "error" : "warning", module, line);
    std::fwrite(text.data(), 1, text.size(), stderr);
}

std::atomic<LogSink> current_sink{to_standard_error};
std::atomic<LogLevel> least_level{LogLevel::kWarning};

}  // namespace

void set_log_sink(LogSink sink, LogLevel least) {
    current_sink.store(sink);
    least_level.store(least);
}

bool is_logged(LogLevel level) { return level >= least_level.load(std::memory_order_relaxed); }

void log_line(LogLevel level, std::string_view module, std::string_view line) {
    current_sink.load(std::memory_order_relaxed)(level, module, line);
}

}  // namespace moldau
