// The part of a question that runs on the coordinator's core.

#include "coordinator/ask.h"

namespace moldau::coordinator::detail {

Task<Result<group::Response>> ask_on(handlers::Shard& owner, PartitionIndex partition, OffsetsPartition::Ask ask) {
    const auto coordinator = owner.coordinator->find(partition);
    if (!coordinator) co_return fail(coordinator.error());
    co_return co_await (*coordinator)->request(std::move(ask));
}

}  // namespace moldau::coordinator::detail
