// Waiting on a loop's timers.

#include "operator/loop/loop.h"

#include "operator/loop/signal.h"

namespace moldau::loop {

Task<void> Loop::sleep_until(MonoTime deadline) {
    co_await completion<bool>([&](auto done) { call_at(deadline, [done = std::move(done)]() mutable { done(true); }); });
}

Task<Result<void>> Loop::sleep_until(MonoTime deadline, Cancel& cancel) {
    Signal never(*this);
    auto waited = co_await never.wait_until(deadline, cancel);
    if (!waited && waited.error().code == Errc::kTimedOut) co_return Result<void>{};
    co_return waited;
}

Task<void> Loop::yield() {
    co_await completion<bool>([&](auto done) { post([done = std::move(done)]() mutable { done(true); }); });
}

}  // namespace moldau::loop
