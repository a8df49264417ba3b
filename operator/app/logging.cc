// The sink behind base/logger.h.

#include "operator/app/logging.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>
#include <string>

#include "base/logger.h"

namespace moldau::app {
namespace {

constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ [%l] %v";
constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";

std::atomic<bool> is_json{false};  // set once, before the first line

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
        case LogLevel::kDebug:
            return spdlog::level::debug;
        case LogLevel::kInfo:
            return spdlog::level::info;
        case LogLevel::kWarning:
            return spdlog::level::warn;
        case LogLevel::kError:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

std::string json_escaped(std::string_view text) {
    std::string escaped;
    for (const char letter : text) {
        if (letter == '"' || letter == '\\') {
            escaped += '\\';
            escaped += letter;
        } else if (static_cast<unsigned char>(letter) < 0x20) {
            escaped += fmt::format("\\u{:04x}", static_cast<unsigned>(letter));
        } else {
            escaped += letter;
        }
    }
    return escaped;
}

void write(LogLevel level, std::string_view module, std::string_view line) {
    auto* logger = spdlog::default_logger_raw();
    if (is_json)
        logger->log(level_of(level), R"("module":"{}","message":"{}")", module, json_escaped(line));
    else
        logger->log(level_of(level), "{}: {}", module, line);
}

LogLevel configured_level(const std::string& level) {
    if (level == "debug") return LogLevel::kDebug;
    if (level == "warning") return LogLevel::kWarning;
    return level == "error" ? LogLevel::kError : LogLevel::kInfo;
}

}  // namespace

void start_logging(const OperatorOptions& options) {
    is_json = options.log_format == LogFormat::kJson;
    const auto level = configured_level(options.log_level);
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("operator", sink));
    spdlog::set_level(level_of(level));
    spdlog::flush_on(spdlog::level::info);
    spdlog::set_pattern(is_json ? kJsonPattern : kTextPattern, spdlog::pattern_time_type::utc);
    set_log_sink(write, level);
}

void flush_logging() { spdlog::default_logger()->flush(); }

}  // namespace moldau::app
