// Forgetting a pod whose node is known to be off: nobody is there any more who could confirm its end.

#include "operator/apply/verbs.h"

namespace moldau::apply {

Task<Carried> force_delete_pod(Hands hands, decide::ForceDeletePod action) {
    const auto& target = action.target;
    kube::DeleteOptions options{.preconditions = only(target), .grace_seconds = 0};
    co_return removed(co_await hands.client.remove(target.resource, target.key, options));
}

}  // namespace moldau::apply
