// One refill at a time, however many wait for it.

#include "metadata/producer_ids.h"

#include <utility>

namespace moldau::metadata {

std::optional<ProducerId> ProducerIds::take() {
    if (block_.count == 0) return std::nullopt;
    const ProducerId id = block_.first;
    ++block_.first.value;
    --block_.count;
    return id;
}

Task<Result<ProducerId>> ProducerIds::next() {
    while (true) {
        if (const auto id = take()) co_return *id;
        Result<void> refilled;
        if (refill_ == Refill::kRunning) {
            refilled = co_await completion<Result<void>>([this](auto done) { waiting_.push_back(std::move(done)); });
        } else {
            refilled = co_await refill();
        }
        if (!refilled) co_return fail(std::move(refilled).error());
    }
}

Task<Result<void>> ProducerIds::refill() {
    refill_ = Refill::kRunning;
    auto block = co_await service_.allocate_producer_ids();
    refill_ = Refill::kIdle;
    Result<void> result;
    if (block) {
        block_ = *block;
    } else {
        result = fail(block.error());
    }
    for (auto& waiter : std::exchange(waiting_, {})) waiter(result);
    co_return result;
}

}  // namespace moldau::metadata
