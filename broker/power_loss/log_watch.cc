// The sink, which must be a plain function, and the watch that it reports to.

#include "power_loss/log_watch.h"

#include <cstdio>
#include <cstdlib>

#include "base/check.h"
#include "base/logger.h"

namespace moldau::power_loss {
namespace {

LogWatch* current = nullptr;  // a sink is a plain function and cannot hold one

}  // namespace

struct Sink {
    static void take(LogLevel level, std::string_view module, std::string_view line) {
        if (current == nullptr || !current->listening_ || level != LogLevel::kError) return;
        current->errors_.push_back(std::string{module} + ": " + std::string{line});
    }
};

LogWatch::LogWatch() {
    CHECK(current == nullptr);
    current = this;
    set_log_sink(&Sink::take, LogLevel::kError);
}

LogWatch::~LogWatch() { current = nullptr; }

}  // namespace moldau::power_loss
