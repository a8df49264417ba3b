// Making an object, or making it right again.

#include <utility>

#include "operator/apply/verbs.h"

namespace moldau::apply {
namespace {

bool is_in_sight(const Hands& hands, const decide::ApplyObject& action) {
    const auto key = action.object.key();
    const auto* kind = hands.kinds.find(action.resource);
    if (kind != nullptr && kind->store().contains(key)) return true;
    return hands.was_seen && hands.was_seen(action.resource, key);
}

}  // namespace

Task<Carried> apply_object(Hands hands, decide::ApplyObject action) {
    if (!is_in_sight(hands, action)) {
        // Nothing with our label, but what bears no label of ours is not watched: applying would take it over.
        auto found = co_await hands.client.get(action.resource, action.object.key());
        if (found) co_return Carried{.stranger = decide::Owned{action.resource, *std::move(found)}};
        if (!found.error().is_not_found()) co_return Carried::failed(std::move(found).error());
    }
    const auto applied = co_await hands.client.apply(action.resource, action.object);
    co_return written(hands, action.resource, applied);
}

}  // namespace moldau::apply
