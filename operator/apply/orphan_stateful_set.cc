// Removing a StatefulSet from around its pods, which go on running: the next decision makes it anew.

#include "operator/apply/verbs.h"

namespace moldau::apply {

Task<Carried> orphan_stateful_set(Hands hands, decide::OrphanStatefulSet action) {
    const auto& target = action.target;
    kube::DeleteOptions options{.propagation = kube::Propagation::kOrphan, .preconditions = only(target)};
    co_return removed(co_await hands.client.remove(target.resource, target.key, options));
}

}  // namespace moldau::apply
