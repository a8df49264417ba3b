// Log lines: a level, the module, a constant message with `key=value` pairs.
//
// The idea: every module can log, but only `app` knows how (spdlog, text or JSON), so nothing below it includes spdlog.
// `error` means that a person must act; `info` are changes of state only; the data path logs nothing at info.
// The sink is the one piece of global state, because a line must get out from anywhere; it is set once, at start.

#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string_view>
#include <utility>

namespace moldau {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

// Called from any thread.
using LogSink = void (*)(LogLevel level, std::string_view module, std::string_view line);

// Until it is set, warnings and errors go to standard error.
void set_log_sink(LogSink sink, LogLevel least);
bool is_logged(LogLevel level);
void log_line(LogLevel level, std::string_view module, std::string_view line);

template <class... Args>
void write_log(LogLevel level, std::string_view module, fmt::format_string<Args...> text, Args&&... args) {
    if (!is_logged(level)) return;
    log_line(level, module, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace moldau

#define LOG_DEBUG(module, ...) ::moldau::write_log(::moldau::LogLevel::kDebug, module, __VA_ARGS__)
#define LOG_INFO(module, ...) ::moldau::write_log(::moldau::LogLevel::kInfo, module, __VA_ARGS__)
#define LOG_WARNING(module, ...) ::moldau::write_log(::moldau::LogLevel::kWarning, module, __VA_ARGS__)
#define LOG_ERROR(module, ...) ::moldau::write_log(::moldau::LogLevel::kError, module, __VA_ARGS__)
