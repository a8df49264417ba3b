// Asking for a larger volume.

#include <nlohmann/json.hpp>

#include "operator/apply/verbs.h"

namespace moldau::apply {

Task<Carried> resize_claim(Hands hands, decide::ResizeClaim action) {
    const auto& target = action.target;
    const nlohmann::json patch{{"spec", {{"resources", {{"requests", {{"storage", action.size}}}}}}}};
    const auto patched = co_await hands.client.patch(target.resource, target.key, patch, {.preconditions = only(target)});
    co_return written(hands, target.resource, patched);
}

}  // namespace moldau::apply
