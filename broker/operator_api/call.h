// What a question or an order comes with besides its message.

#pragma once

#include <algorithm>
#include <cstdint>

#include "base/result.h"
#include "base/time.h"
#include "server/request_context.h"

namespace moldau::operator_api {

// Lifetime: while the call is handled. Thread: the home core.
struct Call {
    server::RequestContext context;
    MonoTime deadline;

    // For requests that carry their patience.
    std::int32_t timeout_ms() const {
        const auto left = std::chrono::duration_cast<Millis>(deadline - context.executor.now().mono);
        return static_cast<std::int32_t>(std::clamp(left, Millis{1}, Millis{30'000}).count());
    }
    // Errors: kClusterAuthorizationFailed.
    Result<void> may_on_cluster(security::Operation operation) const {
        if (context.may_on_cluster(operation)) return {};
        return fail(Errc::kClusterAuthorizationFailed);
    }
};

}  // namespace moldau::operator_api
