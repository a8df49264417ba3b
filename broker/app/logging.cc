// The sink behind base/logger.h: a logger per module.

#include "app/logging.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <string>

#include "base/logger.h"

namespace moldau::app {
namespace {

constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ [%l] %n: %v";
constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","module":"%n","message":"%v"})";

bool is_json = false;

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

// Made on the first line of a module; when two threads make it at once, the one that registers it first wins.
std::shared_ptr<spdlog::logger> logger_of(std::string_view module) {
    const std::string name(module);
    if (auto known = spdlog::get(name)) return known;
    auto logger = std::make_shared<spdlog::logger>(name, spdlog::default_logger()->sinks().front());
    try {
        spdlog::initialize_logger(logger);
    } catch (const spdlog::spdlog_ex&) {
        return spdlog::get(name);
    }
    return logger;
}

void write(LogLevel level, std::string_view module, std::string_view line) {
    logger_of(module)->log(level_of(level), "{}", is_json ? json_escaped(line) : std::string(line));
}

LogLevel configured_level(const settings::Values& values) {
    const auto level = values.text("moldau.log.level").value_or("info");
    if (level == "debug") return LogLevel::kDebug;
    if (level == "warning") return LogLevel::kWarning;
    return level == "error" ? LogLevel::kError : LogLevel::kInfo;
}

}  // namespace

void start_logging(const settings::Values& values) {
    is_json = values.text("moldau.log.format") == "json";
    const auto level = configured_level(values);
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    auto logger = std::make_shared<spdlog::logger>("broker", sink);
    logger->set_level(level_of(level));
    spdlog::set_default_logger(logger);
    spdlog::set_level(level_of(level));
    spdlog::flush_on(spdlog::level::info);
    spdlog::set_pattern(is_json ? kJsonPattern : kTextPattern, spdlog::pattern_time_type::utc);
    set_log_sink(write, level);
}

void set_log_level(const settings::Values& values) {
    const auto level = configured_level(values);
    spdlog::set_level(level_of(level));
    set_log_sink(write, level);
}

void flush_logging() { spdlog::default_logger()->flush(); }

}  // namespace moldau::app
