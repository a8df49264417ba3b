// Pods that cannot come back by themselves, and what keeps the others from serving.

#include <fmt/format.h>

#include <algorithm>

#include "operator/decide/pods.h"
#include "operator/decide/steps.h"
#include "operator/specs/names.h"

namespace moldau::decide {
namespace {

using api::Row;

constexpr Millis kPodMissingAfter{30'000};
constexpr Millis kLookAgain{5'000};

Target pod_target(const Draft& draft, const Pod& pod) { return draft.target(kube::resources::pods(), pod.name, pod.uid); }

void find_refusal(Draft& draft, const Ordered& ordered) {
    if (ordered.refusal != nullptr) draft.find(Row::kObjectRefused, ordered.refusal->message);
}

// The node is known to be off: nothing of the pod runs, and its name is free for the next one as soon as it is removed.
void remove_from_gone_node(Draft& draft, const Pod& pod) {
    draft.find(Row::kNodeLost, fmt::format("pod {} was on node {}, which is off or gone", pod.name, pod.node));
    const auto ordered = draft.order(ForceDeletePod{pod_target(draft, pod)});
    if (ordered) {
        draft.tell(api::EventRow::kEventForceDeleted, fmt::format("pod {} of node {} was removed", pod.name, pod.node));
    }
    find_refusal(draft, ordered);
}

// Failed for good, as after an eviction: only a new pod can serve.
void replace_failed(Draft& draft, const Pod& pod) {
    auto target = pod_target(draft, pod);
    target.resource_version = pod.resource_version;
    const auto ordered = draft.order(DeletePod{std::move(target)});
    if (ordered) draft.tell(api::EventRow::kEventPodReplaced, fmt::format("pod {} had failed: {}", pod.name, pod.reason));
    find_refusal(draft, ordered);
}

// The pod is not there: at first that is only a matter of time.
void find_missing(Draft& draft, std::int32_t ordinal) {
    const auto name = specs::pod_name(draft.cluster(), ordinal);
    const auto* old = draft.old_condition("BrokersReady");
    const bool waited = old != nullptr && (old->reason == api::row(Row::kBrokersStarting).reason ||
                                           old->reason == api::row(Row::kPodMissing).reason);
    const auto left = waited ? kPodMissingAfter - (draft.now() - old->since) : kPodMissingAfter;
    if (left > Millis{0}) {
        draft.find(Row::kBrokersStarting, fmt::format("pod {} is being made", name));
        draft.requeue(left);
        return;
    }
    draft.find(Row::kPodMissing, fmt::format("pod {} is not there", name));
}

std::string reasons_text(const broker_api::ClusterState& state) {
    std::string text;
    for (const auto& reason : state.reasons) add_sentence(text, reason.message);
    return text;
}

// Kubernetes sees nothing wrong: what does the broker say of itself?
void find_by_broker(Draft& draft, const Pod& pod) {
    const auto& broker = draft.snapshot().broker;
    if (!broker.state) {
        const bool unreachable = pod.is_ready() && !broker.error.empty();
        draft.find(unreachable ? Row::kBrokerUnreachable : Row::kBrokersStarting,
                   unreachable ? fmt::format("pod {}: {}", pod.name, broker.error) : std::string{});
        draft.requeue(kLookAgain);
        return;
    }
    const auto& state = *broker.state;
    const auto* old = draft.old_condition("BrokersReady");
    const auto why = steady(old == nullptr ? "" : old->message, api::clip(reasons_text(state)));
    if (state.health == broker_api::Health::kFailed) {
        draft.find(Row::kBrokerFailed, why);
    } else if (state.readiness == broker_api::Readiness::kNotReady) {
        draft.find(Row::kBrokerNotReady, why);
    } else if (!pod.is_ready()) {
        draft.find(Row::kBrokersStarting, fmt::format("pod {} is not ready yet", pod.name));
    }
}

void check_pod(Draft& draft, const Pod& pod) {
    const auto fate = node_fate(draft.snapshot(), pod.node);
    if (fate == NodeFate::kGone) return remove_from_gone_node(draft, pod);
    if (pod.deleting && fate == NodeFate::kAlive) {
        draft.find(Row::kPodTerminating, fmt::format("pod {} is being stopped", pod.name));
        return;
    }
    const auto trouble = pod_trouble(draft.snapshot(), pod);
    if (!trouble) return find_by_broker(draft, pod);
    draft.find(trouble->row, trouble->message);
    if (trouble->row == Row::kPodEvicted) replace_failed(draft, pod);
}

}  // namespace

void repair_pods(Draft& draft) {
    const auto replicas = draft.cluster().spec.replicas;
    if (replicas == 0) draft.find(Row::kBrokersStopped);
    for (std::int32_t ordinal = 0; ordinal < replicas; ++ordinal) {
        const auto* pod = find_pod(draft.snapshot(), ordinal);
        if (pod == nullptr) {
            find_missing(draft, ordinal);
        } else {
            check_pod(draft, *pod);
        }
    }
    // Pods that are to go: a gone node must not hold them.
    for (const auto& pod : draft.snapshot().pods) {
        if (pod.ordinal >= replicas && node_fate(draft.snapshot(), pod.node) == NodeFate::kGone) {
            remove_from_gone_node(draft, pod);
        }
    }
    if (!draft.has_finding("BrokersReady")) draft.find(Row::kBrokersReady);
}

}  // namespace moldau::decide
