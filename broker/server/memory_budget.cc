// Taking from the budget and giving back, first come first served.

#include "server/memory_budget.h"

#include <algorithm>

namespace moldau::server {

MemoryGrant::~MemoryGrant() {
    if (budget_) budget_->release(bytes_);
}

Task<MemoryGrant> MemoryBudget::acquire(std::size_t bytes) {
    if (waiting_.empty() && fits(bytes)) {
        used_ += bytes;
        co_return MemoryGrant{this, bytes};
    }
    co_return co_await completion<MemoryGrant>([&](auto done) { waiting_.push_back({bytes, std::move(done)}); });
}

void MemoryBudget::release(std::size_t bytes) {
    used_ -= bytes;
    while (!waiting_.empty() && fits(waiting_.front().bytes)) {
        auto waiter = std::move(waiting_.front());
        waiting_.pop_front();
        used_ += waiter.bytes;
        waiter.done(MemoryGrant{this, waiter.bytes});
    }
}

}  // namespace moldau::server
