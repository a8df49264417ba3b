// The owned objects: made, corrected, removed.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "operator/decide/ownership.h"
#include "operator/decide/pods.h"
#include "operator/decide/steps.h"
#include "operator/specs/difference.h"
#include "operator/specs/names.h"

namespace moldau::decide {
namespace {

using api::Row;

constexpr Millis kAddressGrace{30'000};  // a new cluster waits so long for its load balancer's address
constexpr Millis kLookAgain{2'000};
constexpr std::int64_t kReplicasMax = 1000;  // the schema's

Target target_of(const Owned& owned) {
    return {.resource = owned.resource, .key = owned.object.key(), .uid = owned.object.uid()};
}

std::string name_of(const specs::Desired& desired) {
    return fmt::format("{} {}", desired.resource.kind, desired.object.name());
}

void find_refusal(Draft& draft, const specs::Desired& desired, const Refusal& refusal) {
    const bool is_template = desired.resource.plural == "statefulsets" && refusal.what == Refusal::What::kInvalid;
    draft.find(is_template ? Row::kTemplateRefused : Row::kObjectRefused,
               fmt::format("{}: {}", name_of(desired), refusal.message));
}

// May this object be written? If not, says why.
bool is_free(Draft& draft, const specs::Desired& desired, const Owned& live) {
    if (live.object.is_deleting()) {
        draft.find(Row::kRolloutPending, fmt::format("{} is being deleted and will be made anew", name_of(desired)));
        draft.requeue(kLookAgain);
        return false;
    }
    switch (owner_of(draft.cluster(), live.object)) {
        case Owner::kUs:
        case Owner::kNobodyLeft:
            return true;
        case Owner::kEarlier:
            draft.find(Row::kRolloutPending,
                       fmt::format("{} of a deleted cluster of this name still goes", name_of(desired)));
            draft.requeue(kLookAgain);
            return false;
        case Owner::kSomebodyElse:
            draft.find(Row::kNameTaken, fmt::format("{} exists and is not this cluster's", name_of(desired)));
            draft.requeue(Millis{30'000});
            return false;
    }
    return false;
}

// True when the object is, or with this decision will be, as desired.
bool apply(Draft& draft, const specs::Desired& desired, const Owned* live) {
    if (live != nullptr && !specs::needs_apply(live->object, desired.object)) return true;
    const auto ordered = draft.order(ApplyObject{desired.resource, desired.object});
    if (ordered.refusal != nullptr) find_refusal(draft, desired, *ordered.refusal);
    return ordered.is_taken;
}

void keep(Draft& draft, const specs::Desired& desired) {
    const auto* live = draft.live(desired.resource, desired.object.name());
    if (live == nullptr) {
        apply(draft, desired, nullptr);
    } else if (is_free(draft, desired, *live)) {
        if (desired.resource.kind == "Service" && specs::needs_new_service(live->object, desired.object)) {
            draft.order(DeleteObject{target_of(*live)});
        } else {
            apply(draft, desired, live);
        }
    }
}

// A new cluster's brokers start with their addresses, where they come soon: otherwise they would have to restart for them.
bool waits_for_addresses(Draft& draft, const specs::Built& built) {
    for (const auto& listener : draft.cluster().spec.listeners) {
        if (std::ranges::find(built.pending_listeners, listener.name) == built.pending_listeners.end()) continue;
        const auto left = kAddressGrace - (draft.now() - draft.cluster().metadata.created);
        if (left <= Millis{0}) continue;
        draft.find(Row::kBrokersStarting, fmt::format("listener {} has no address yet", listener.name));
        draft.requeue(std::min(left, kLookAgain));
        return true;
    }
    return false;
}

std::int32_t replicas_of(const kube::Object& set) {
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(set.int_at("/spec/replicas").value_or(0), 0, kReplicasMax));
}

// How many pods the set may have now: those that are to go stay until they are granted.
std::int32_t granted_replicas(Draft& draft, std::int32_t live_replicas) {
    const auto wanted = draft.cluster().spec.replicas;
    const bool one_stops =
        std::ranges::any_of(draft.snapshot().pods, [](const Pod& pod) { return pod.deleting.has_value(); });
    if (one_stops && live_replicas > wanted) return live_replicas;
    for (auto ordinal = live_replicas - 1; ordinal >= wanted; --ordinal) {
        const auto* pod = find_pod(draft.snapshot(), ordinal);
        if (pod != nullptr && ask_grant(draft, *pod) != StopGrant::kGranted) return ordinal + 1;
    }
    return wanted;
}

specs::Desired with_replicas(const Draft& draft, const specs::Inputs& inputs, std::int32_t replicas) {
    auto held = draft.cluster();
    held.spec.replicas = replicas;
    return specs::stateful_set_of(held, inputs);
}

std::int32_t pods_that_are_there(const Draft& draft) {
    std::int32_t replicas = 0;
    for (const auto& pod : draft.snapshot().pods) replicas = std::max(replicas, pod.ordinal + 1);
    return replicas;
}

void create_set(Draft& draft, const specs::Built& built, const specs::Inputs& inputs) {
    draft.find(Row::kRolloutPending);
    // Pods that are there belong to a set that was deleted with orphans: it is made at once, whatever else is missing.
    if (draft.snapshot().pods.empty() && waits_for_addresses(draft, built)) return;
    const auto granted = granted_replicas(draft, std::max(pods_that_are_there(draft), draft.cluster().spec.replicas));
    if (!apply(draft, with_replicas(draft, inputs, granted), nullptr) || !draft.may_order()) return;
    // Of one that was deleted with orphans kEventRecreated has told.
    if (!draft.snapshot().pods.empty()) return;
    draft.tell(api::EventRow::kEventCreated, {});
    for (const auto& claim : draft.snapshot().claims) {
        draft.tell(api::EventRow::kEventVolumeKept, fmt::format("claim {} of {} is used again", claim.name, claim.capacity));
    }
}

// A new template goes to the set that is there first: were the API server to refuse it, no set would be left.
bool has_taken_template(Draft& draft, const specs::Desired& desired, const Owned& live) {
    constexpr auto kTemplate = "/spec/template";
    if (specs::covers(live.object.json_at(kTemplate), desired.object.json_at(kTemplate))) return true;
    apply(draft, {desired.resource, specs::with_fixed_fields(live.object, desired.object)}, &live);
    return false;
}

void recreate_set(Draft& draft, const specs::Desired& desired, const Owned& live) {
    draft.find(Row::kRolloutPending);
    if (!has_taken_template(draft, desired, live)) return;
    const auto ordered = draft.order(OrphanStatefulSet{target_of(live)});
    if (ordered) draft.tell(api::EventRow::kEventRecreated, {});
    if (ordered.refusal != nullptr) draft.find(Row::kObjectRefused, ordered.refusal->message);
}

void keep_set(Draft& draft, const specs::Built& built, const specs::Inputs& inputs, const Owned& live) {
    if (!is_free(draft, built.objects.back(), live)) return;
    if (specs::needs_recreation(live.object, built.stateful_set())) {
        return recreate_set(draft, built.objects.back(), live);
    }
    const auto& snapshot = draft.snapshot();
    // Until the controller has seen it nobody knows which pods are old.
    if (specs::needs_apply(live.object, built.stateful_set())) draft.find(Row::kRolloutPending);
    const auto live_replicas = replicas_of(live.object);
    const auto granted = granted_replicas(draft, live_replicas);
    if (granted == snapshot.cluster.spec.replicas) {
        const bool stops = granted < live_replicas;
        if (apply(draft, built.objects.back(), &live) && stops && draft.may_order()) {
            draft.find(Row::kStopping);
            draft.tell(api::EventRow::kEventStop, {});
        }
        return;
    }
    apply(draft, with_replicas(draft, inputs, granted), &live);
}

bool is_desired(const specs::Built& built, const Owned& owned) {
    return std::ranges::any_of(built.objects, [&](const specs::Desired& desired) {
        return desired.resource.plural == owned.resource.plural && desired.object.name() == owned.object.name();
    });
}

void remove_others(Draft& draft, const specs::Built& built) {
    for (const auto& owned : draft.snapshot().owned) {
        const bool ours = owner_of(draft.cluster(), owned.object) == Owner::kUs;
        if (ours && !owned.object.is_deleting() && !is_desired(built, owned)) draft.order(DeleteObject{target_of(owned)});
    }
}

void find_listeners(Draft& draft, const specs::Built& built) {
    draft.find(Row::kListenersReady);
    for (const auto& name : built.pending_listeners) {
        draft.find(Row::kAddressPending, fmt::format("listener {} has no address yet", name));
    }
}

void find_refused_keys(Draft& draft, const specs::Built& built) {
    draft.find(Row::kAccepted);
    for (const auto& key : built.settings.refused) {
        draft.find(Row::kConfigKeyRefused, fmt::format("{} {}", key.name, key.why));
    }
}

}  // namespace

void keep_objects(Draft& draft, const specs::Built& built, const specs::Inputs& inputs) {
    find_refused_keys(draft, built);
    find_listeners(draft, built);
    for (std::size_t at = 0; at + 1 < built.objects.size(); ++at) keep(draft, built.objects[at]);
    remove_others(draft, built);
    const auto* live = draft.live(kube::resources::stateful_sets(), specs::brokers_name(draft.cluster()));
    if (live == nullptr) {
        create_set(draft, built, inputs);
    } else {
        keep_set(draft, built, inputs, *live);
    }
}

}  // namespace moldau::decide
