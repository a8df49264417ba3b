// Letting an object go.

#include <algorithm>
#include <utility>

#include "operator/api/metadata.h"
#include "operator/apply/finalizers.h"
#include "operator/apply/verbs.h"

namespace moldau::apply {

// As in add_finalizer.cc; an object that is gone needs no finalizer removed.
Task<Carried> remove_finalizer(Hands hands, decide::RemoveFinalizer action) {
    const auto& target = action.target;
    auto finalizers = known_finalizers(hands, target);
    if (!finalizers || std::erase(*finalizers, std::string(api::kFinalizer)) == 0) co_return Carried{};
    auto carried = co_await patch_finalizers(hands, target, *std::move(finalizers));
    if (carried.error && carried.error->is_not_found()) co_return Carried::gone();
    co_return carried;
}

}  // namespace moldau::apply
