// Keeping an object until what stands behind it has been dealt with.

#include <algorithm>
#include <utility>

#include "operator/api/metadata.h"
#include "operator/apply/finalizers.h"
#include "operator/apply/verbs.h"

namespace moldau::apply {

// The list of finalizers is patched as a whole, and only in the state in which it was read: others have theirs in it.
Task<Carried> add_finalizer(Hands hands, decide::AddFinalizer action) {
    const auto& target = action.target;
    auto finalizers = known_finalizers(hands, target);
    if (!finalizers) co_return Carried::failed(Error{Errc::kNotFound, "not in the store"});
    const auto ours = std::string(api::kFinalizer);
    if (std::ranges::find(*finalizers, ours) != finalizers->end()) co_return Carried{};
    finalizers->push_back(ours);
    co_return co_await patch_finalizers(hands, target, *std::move(finalizers));
}

}  // namespace moldau::apply
