// Judging the heartbeat and the phase.

#include "operator/serve/health.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace moldau::serve {
namespace {

std::string_view text_of(Phase phase) {
    switch (phase) {
        case Phase::kStarting:
            return "starting";
        case Phase::kStandingBy:
            return "standing by: another replica holds the lease";
        case Phase::kSyncing:
            return "syncing: not every resource has been listed yet";
        case Phase::kLeading:
            return "leading";
        case Phase::kStopping:
            return "stopping";
    }
    return "unknown";
}

}  // namespace

Health::Health(HealthOptions options) : options_(std::move(options)), last_beat_(0) { beat(); }

HttpAnswer Health::livez() const {
    const MonoTime last{MonoTime::duration{last_beat_.load(std::memory_order_relaxed)}};
    const auto silent = options_.clock() - last;
    if (silent <= options_.stalled_after) return {.body = "ok\n"};
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(silent).count();
    return {.status = 503, .body = fmt::format("the event loop has not run for {} s\n", seconds)};
}

HttpAnswer Health::readyz() const {
    auto live = livez();
    if (live.status != 200) return live;
    const auto now = phase();
    const bool is_ready = now == Phase::kLeading || now == Phase::kStandingBy;
    return {.status = is_ready ? 200 : 503, .body = fmt::format("{}{}\n", is_ready ? "ok: " : "", text_of(now))};
}

HttpRoutes health_routes(const Health& health) {
    return {{"/livez", [&health](const HttpReply& reply) { reply(health.livez()); }},
            {"/readyz", [&health](const HttpReply& reply) { reply(health.readyz()); }}};
}

}  // namespace moldau::serve
