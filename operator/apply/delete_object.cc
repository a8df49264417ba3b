// Removing an object that is not wanted any more; what it owns follows in the background.

#include "operator/apply/verbs.h"

namespace moldau::apply {

Task<Carried> delete_object(Hands hands, decide::DeleteObject action) {
    const auto& target = action.target;
    kube::DeleteOptions options{.propagation = kube::Propagation::kBackground, .preconditions = only(target)};
    co_return removed(co_await hands.client.remove(target.resource, target.key, options));
}

}  // namespace moldau::apply
