// Giving up a claim, and with it the data: decided only for a deleted Cluster whose policy says so.

#include "operator/apply/verbs.h"

namespace moldau::apply {

Task<Carried> delete_claim(Hands hands, decide::DeleteClaim action) {
    const auto& target = action.target;
    kube::DeleteOptions options{.propagation = kube::Propagation::kBackground, .preconditions = only(target)};
    co_return removed(co_await hands.client.remove(target.resource, target.key, options));
}

}  // namespace moldau::apply
