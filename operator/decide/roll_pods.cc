// Pods of an old revision are replaced, one at a time.
//
// A pod that cannot serve as it is goes at once: nothing is lost by it, and it may be the very edit that mends it. One whose
// process may run goes when its broker grants it, and only while no other broker is away.

#include <fmt/format.h>

#include <algorithm>

#include "operator/decide/pods.h"
#include "operator/decide/steps.h"
#include "operator/specs/names.h"

namespace moldau::decide {
namespace {

using api::Row;

// The revision that pods should have; nullopt while the controller has not seen the newest template.
std::optional<std::string> wanted_revision(const Draft& draft) {
    const auto* live = draft.live(kube::resources::stateful_sets(), specs::brokers_name(draft.cluster()));
    if (live == nullptr || live->object.is_deleting()) return std::nullopt;
    if (live->object.int_at("/status/observedGeneration").value_or(0) < live->object.generation()) return std::nullopt;
    return live->object.string_at("/status/updateRevision");
}

bool is_outdated(const Pod& pod, const std::string& revision) {
    return !pod.deleting && !pod.revision.empty() && pod.revision != revision;
}

// Whether the pod may be deleted without asking.
bool is_useless(const Draft& draft, const Pod& pod) {
    if (draft.snapshot().broker.state && may_run(pod)) return false;
    const auto trouble = pod_trouble(draft.snapshot(), pod);
    return trouble && trouble->is_broken;
}

void replace(Draft& draft, const Pod& pod, api::EventRow event) {
    auto target = draft.target(kube::resources::pods(), pod.name, pod.uid);
    // What was useless may have become ready since; what was granted may go in any state.
    if (event == api::EventRow::kEventPodReplaced) target.resource_version = pod.resource_version;
    const auto ordered = draft.order(DeletePod{std::move(target)});
    draft.find(Row::kRestarting, fmt::format("pod {} is being replaced", pod.name));
    if (ordered) draft.tell(event, fmt::format("pod {} makes way for one of the new template", pod.name));
    if (ordered.refusal != nullptr) draft.find(Row::kObjectRefused, ordered.refusal->message);
}

bool is_away(const Draft& draft, std::int32_t ordinal) {
    const auto* pod = find_pod(draft.snapshot(), ordinal);
    return pod == nullptr || !pod->is_ready();
}

void roll(Draft& draft, const Pod& pod) {
    if (node_fate(draft.snapshot(), pod.node) != NodeFate::kAlive) {
        draft.find(Row::kRolloutPending, fmt::format("pod {} waits for its node", pod.name));
        return;
    }
    if (is_useless(draft, pod)) return replace(draft, pod, api::EventRow::kEventPodReplaced);
    for (std::int32_t other = 0; other < draft.cluster().spec.replicas; ++other) {
        if (other == pod.ordinal || !is_away(draft, other)) continue;
        draft.find(Row::kWaitingForGrant, fmt::format("broker {} waits until broker {} is back", pod.ordinal, other));
        return;
    }
    if (ask_grant(draft, pod) == StopGrant::kGranted) replace(draft, pod, api::EventRow::kEventRestart);
}

// A pod of the new revision that is not ready yet ends a restart that was under way.
void find_restarting(Draft& draft) {
    const auto* old = draft.old_condition("UpToDate");
    const bool restarted = old != nullptr && old->reason == api::row(Row::kRestarting).reason;
    for (std::int32_t ordinal = 0; ordinal < draft.cluster().spec.replicas; ++ordinal) {
        const auto* pod = find_pod(draft.snapshot(), ordinal);
        if (pod != nullptr && pod->deleting) {
            draft.find(Row::kRestarting, fmt::format("pod {} is being stopped", pod->name));
        } else if (restarted && is_away(draft, ordinal)) {
            draft.find(Row::kRestarting, fmt::format("pod {} is starting", specs::pod_name(draft.cluster(), ordinal)));
        }
    }
}

}  // namespace

void roll_pods(Draft& draft) {
    draft.find(Row::kUpToDate);
    const auto revision = wanted_revision(draft);
    if (!revision) return draft.find(Row::kRolloutPending);
    find_restarting(draft);
    const Pod* next = nullptr;
    for (const auto& pod : draft.snapshot().pods) {
        if (pod.ordinal >= draft.cluster().spec.replicas || !is_outdated(pod, *revision)) continue;
        // Useless ones first: they make room for the others to be asked.
        if (next == nullptr || (is_useless(draft, pod) && !is_useless(draft, *next))) next = &pod;
    }
    if (next != nullptr) roll(draft, *next);
}

}  // namespace moldau::decide
