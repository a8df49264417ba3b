// One question to the coordinator of a group, from whichever core the request came to.

#pragma once

#include <string_view>
#include <utility>
#include <variant>

#include "coordinator/coordinator_shard.h"

namespace moldau::coordinator {

namespace detail {
Task<Result<group::Response>> ask_on(handlers::Shard& owner, PartitionIndex partition, OffsetsPartition::Ask ask);
}

// `ask(machine, token, now)` is run on the coordinator's core. Errors: kCoordinatorNotAvailable, kNotCoordinator.
template <class Response, class Ask>
Task<Result<Response>> ask_group(handlers::Shard& home, std::string_view group_id, Ask ask) {
    const auto place = place_of(home, group_id);
    if (!place) co_return fail(place.error());
    auto* owner = place->shard;
    const OffsetsPartition::Ask run = [&ask, owner](group::Shard& machine, group::RequestToken token) {
        return ask(machine, token, owner->executor.now());
    };
    auto response = co_await handlers::on_shard(home, *owner, [&] { return detail::ask_on(*owner, place->partition, run); });
    if (!response) co_return fail(std::move(response).error());
    co_return std::get<Response>(*std::move(response));
}

// The same for what the machine answers at once: `look(machine)` returns the answer.
template <class Answer, class Look>
Task<Result<Answer>> look_into_group(handlers::Shard& home, std::string_view group_id, Look look) {
    const auto place = place_of(home, group_id);
    if (!place) co_return fail(place.error());
    auto* owner = place->shard;
    co_await io::switch_to(owner->executor);
    auto partition = owner->coordinator->find(place->partition);
    Result<Answer> answer =
        partition ? Result<Answer>(look((*partition)->shard())) : Result<Answer>(fail(partition.error()));
    partition = fail(Errc::kClosed);  // given back on its own core
    co_await io::switch_to(home.executor);
    co_return answer;
}

}  // namespace moldau::coordinator
