// The order of the steps.

#include <vector>

#include "operator/decide/decision.h"
#include "operator/decide/draft.h"
#include "operator/decide/pods.h"
#include "operator/decide/steps.h"
#include "operator/specs/names.h"

namespace moldau::decide {
namespace {

// Of the image that the Cluster shall run: the operator's own it knows; another one is judged by its running broker's words.
std::vector<specs::KnownSetting> known_settings_of(const ClusterSnapshot& snapshot) {
    const auto image = specs::image(snapshot.cluster.spec, snapshot.environment.broker_image);
    if (image == snapshot.environment.broker_image) return specs::known_settings();
    const auto* pod = find_pod(snapshot, 0);
    if (pod == nullptr || pod->image != image || !snapshot.broker.settings) return {};
    std::vector<specs::KnownSetting> known;
    for (const auto& setting : snapshot.broker.settings->settings) {
        const bool fixed = setting.update == broker_api::SettingUpdate::kStatic;
        known.push_back({.name = setting.name,
                         .type = setting.type,
                         .allowed = setting.allowed,
                         .change = fixed ? specs::SettingChange::kFixed : specs::SettingChange::kChangeable});
    }
    return known;
}

specs::Inputs inputs_of(const ClusterSnapshot& snapshot) {
    std::vector<kube::Object> services;
    for (const auto& owned : snapshot.owned) {
        if (owned.resource.kind == "Service") services.push_back(owned.object);
    }
    return {.environment = snapshot.environment,
            .addresses = specs::read_addresses(snapshot.cluster, services),
            .known = known_settings_of(snapshot)};
}

Decision decide_deletion(const ClusterSnapshot& snapshot, WallTime now) {
    Draft draft{snapshot, now, Orders::kCarriedOut};
    take_down(draft);
    // A status is of use while something is waited for.
    if (draft.has_finding("Deleting")) draft.update_status(next_status(draft, inputs_of(snapshot).addresses));
    return draft.take();
}

// What cannot be understood changes nothing: the conditions say what is wrong.
Decision decide_invalid(const ClusterSnapshot& snapshot, WallTime now) {
    Draft draft{snapshot, now, Orders::kHeldBack};
    for (const auto& fault : snapshot.cluster.faults) draft.find(api::Row::kInvalidSpec, fault);
    auto status = snapshot.cluster.status;
    status.observed_generation = snapshot.cluster.metadata.generation;
    status.conditions = next_status(draft, {}).conditions;
    draft.update_status(status);
    return draft.take();
}

Decision decide_kept(const ClusterSnapshot& snapshot, WallTime now) {
    const bool paused = snapshot.cluster.spec.pause == api::Pause::kPaused;
    Draft draft{snapshot, now, paused ? Orders::kHeldBack : Orders::kCarriedOut};
    if (paused) draft.find(api::Row::kPaused);
    const auto inputs = inputs_of(snapshot);
    const auto built = specs::build(snapshot.cluster, inputs);
    keep_finalizer(draft);
    check_claims(draft);
    keep_objects(draft, built, inputs);
    repair_pods(draft);
    apply_settings(draft, built.settings);
    roll_pods(draft);
    draft.update_status(next_status(draft, inputs.addresses));
    return draft.take();
}

}  // namespace

Decision decide(const ClusterSnapshot& snapshot, WallTime now) {
    if (snapshot.cluster.metadata.deleting) return decide_deletion(snapshot, now);
    if (snapshot.ns == NamespaceState::kTerminating) {
        Draft draft{snapshot, now, Orders::kCarriedOut};
        if (snapshot.cluster.metadata.has_finalizer) take_down(draft);
        return draft.take();
    }
    return snapshot.cluster.is_valid() ? decide_kept(snapshot, now) : decide_invalid(snapshot, now);
}

}  // namespace moldau::decide
