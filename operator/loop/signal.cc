// One waiter, woken by the signal, by the deadline or by cancellation, whichever comes first.

#include "operator/loop/signal.h"

#include "base/check.h"

namespace moldau::loop {

void Signal::raise() {
    if (waiter_) return finish({});
    raised_ = true;
}

// The waiter is taken at once, so that what comes second finds none; it resumes from the loop.
void Signal::finish(Result<void> result) {
    if (!waiter_) return;
    loop_.post(
        [waiter = std::exchange(waiter_, nullptr), result = std::move(result)]() mutable { waiter(std::move(result)); });
}

Task<Result<void>> Signal::wait_until(MonoTime deadline, Cancel& cancel) {
    CHECK(!waiter_);
    if (cancel.requested()) co_return fail(Errc::kCancelled);
    if (raised_) {
        raised_ = false;
        co_return Result<void>{};
    }
    auto registration = cancel.on_request([this] { finish(fail(Errc::kCancelled)); });
    const auto timer =
        deadline == MonoTime::max() ? TimerId::kNone : loop_.call_at(deadline, [this] { finish(fail(Errc::kTimedOut)); });
    auto result = co_await completion<Result<void>>([&](auto done) { waiter_ = std::move(done); });
    loop_.cancel_timer(timer);
    co_return result;
}

}  // namespace moldau::loop
