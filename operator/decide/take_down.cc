// A Cluster that is being deleted.
//
// Everything but claims follows its owner references. So there is nothing to do, and no finalizer, unless claims are to be
// deleted too: then the StatefulSet goes first, its pods stop, and only then the claims go, one after the other. The
// finalizer always lets go in the end: at once when the namespace is being deleted.

#include <fmt/format.h>

#include <algorithm>

#include "operator/decide/ownership.h"
#include "operator/decide/pods.h"
#include "operator/decide/steps.h"
#include "operator/specs/names.h"

namespace moldau::decide {
namespace {

using api::Row;

constexpr Millis kLookAgain{2'000};

Target self(const Draft& draft) {
    const auto& metadata = draft.cluster().metadata;
    return {.resource = kube::resources::clusters(),
            .key = metadata.key,
            .uid = metadata.uid,
            .resource_version = metadata.resource_version};
}

bool wants_finalizer(const api::Cluster& cluster) {
    return cluster.spec.storage.deletion_policy == api::DeletionPolicy::kDelete;
}

void let_go(Draft& draft) {
    if (draft.cluster().metadata.has_finalizer) draft.order(RemoveFinalizer{self(draft)});
}

void delete_set(Draft& draft) {
    const auto* live = draft.live(kube::resources::stateful_sets(), specs::brokers_name(draft.cluster()));
    if (live == nullptr || live->object.is_deleting() || owner_of(draft.cluster(), live->object) != Owner::kUs) return;
    draft.order(DeleteObject{
        {.resource = live->resource, .key = live->object.key(), .uid = live->object.uid(), .resource_version = {}}});
}

void wait_for_pods(Draft& draft) {
    for (const auto& pod : draft.snapshot().pods) {
        const auto fate = node_fate(draft.snapshot(), pod.node);
        const auto* note = fate == NodeFate::kSilent ? ", whose node is silent" : "";
        draft.find(Row::kDeletingPods, fmt::format("pod {}{}", pod.name, note));
        if (fate == NodeFate::kGone) {
            draft.order(ForceDeletePod{draft.target(kube::resources::pods(), pod.name, pod.uid)});
        }
    }
    draft.requeue(kLookAgain);
}

void delete_claim(Draft& draft, const Claim& claim) {
    draft.find(Row::kDeletingClaims);
    const auto ordered =
        draft.order(DeleteClaim{draft.target(kube::resources::persistent_volume_claims(), claim.name, claim.uid)});
    if (ordered) {
        draft.tell(api::EventRow::kEventClaimDeleted, fmt::format("claim {} was deleted with its cluster", claim.name));
    }
    if (ordered.refusal != nullptr) draft.find(Row::kDeletingClaims, ordered.refusal->message);
    draft.requeue(kLookAgain);
}

}  // namespace

void keep_finalizer(Draft& draft) {
    const auto& cluster = draft.cluster();
    if (wants_finalizer(cluster) == cluster.metadata.has_finalizer) return;
    if (wants_finalizer(cluster)) {
        draft.order(AddFinalizer{self(draft)});
    } else {
        let_go(draft);
    }
}

void take_down(Draft& draft) {
    const auto& snapshot = draft.snapshot();
    const bool keeps_claims = !wants_finalizer(snapshot.cluster) || !snapshot.cluster.is_valid();
    if (keeps_claims || snapshot.ns == NamespaceState::kTerminating) return let_go(draft);
    delete_set(draft);
    if (!snapshot.pods.empty()) return wait_for_pods(draft);
    const auto left = std::ranges::find_if(snapshot.claims, [](const Claim& claim) { return !claim.deleting; });
    if (left == snapshot.claims.end()) return let_go(draft);
    delete_claim(draft, *left);
}

}  // namespace moldau::decide
