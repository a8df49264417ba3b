// Stopping a pod with its own grace; its StatefulSet makes the next one.

#include "operator/apply/verbs.h"

namespace moldau::apply {

Task<Carried> delete_pod(Hands hands, decide::DeletePod action) {
    const auto& target = action.target;
    co_return removed(co_await hands.client.remove(target.resource, target.key, {.preconditions = only(target)}));
}

}  // namespace moldau::apply
