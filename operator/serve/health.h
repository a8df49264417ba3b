// What /livez and /readyz say.
//
// The problem: a probe must tell a stuck operator from a busy one without touching its loop. The idea: the loop leaves a
// heartbeat and its phase in two atomic numbers; the probe reads them. Live: the loop ran within `stalled_after`. Ready: it
// is live and either leads with synced informers or stands by for the lease. Place: read by HTTP threads, written by the
// loop.

#pragma once

#include <atomic>
#include <chrono>
#include <functional>

#include "base/time.h"
#include "operator/serve/http_server.h"

namespace moldau::serve {

enum class Phase : std::uint8_t { kStarting, kStandingBy, kSyncing, kLeading, kStopping };

struct HealthOptions {
    std::chrono::seconds stalled_after{20};
    std::function<MonoTime()> clock = [] { return std::chrono::steady_clock::now(); };
};

// Thread: any. Lifetime: outlives the HTTP server that asks it.
class Health {
public:
    explicit Health(HealthOptions options = {});

    // By the loop, every second or so: it goes round.
    void beat() { last_beat_.store(options_.clock().time_since_epoch().count(), std::memory_order_relaxed); }
    void enter(Phase phase) { phase_.store(phase, std::memory_order_relaxed); }
    Phase phase() const { return phase_.load(std::memory_order_relaxed); }

    // 200 "ok" or 503 with the reason.
    HttpAnswer livez() const;
    HttpAnswer readyz() const;

private:
    HealthOptions options_;
    std::atomic<MonoTime::rep> last_beat_;
    std::atomic<Phase> phase_{Phase::kStarting};
};

// /livez and /readyz.
HttpRoutes health_routes(const Health& health);

}  // namespace moldau::serve
