// What `decide` wants done, as plain data: one struct a verb, carried out by one file each.
//
// Every order names the very object that it is meant for (uid, resource version, topic id, epoch), so that carrying it out
// late, twice or after a restart of the operator does no harm: what is no longer so is refused, and the next decision sees
// what is. Place: made by decide, carried out by apply in the order of the list; the first one that fails ends the list.

#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "operator/api/catalogue.h"
#include "operator/broker_api/broker_api.h"
#include "operator/kube/object.h"
#include "operator/kube/resource.h"

namespace moldau::decide {

// The object that an order is meant for. An empty resource version: in whatever state.
struct Target {
    kube::Resource resource;
    kube::ObjectKey key;
    std::string uid;
    std::string resource_version;
    bool operator==(const Target&) const = default;
};

// Server-side apply with force, as moldau-operator.
struct ApplyObject {
    kube::Resource resource;
    kube::Object object;
};
// In the background: what it owns follows.
struct DeleteObject {
    Target target;
};
// Delete with orphan propagation: its pods go on running, and the next decision makes the StatefulSet anew.
struct OrphanStatefulSet {
    Target target;
};
// Merge patch of spec.resources.requests.storage.
struct ResizeClaim {
    Target target;
    std::string size;
};
struct DeleteClaim {
    Target target;
};
// With the pod's own grace.
struct DeletePod {
    Target target;
};
// Grace 0: only of a pod whose node is known to be off or gone.
struct ForceDeletePod {
    Target target;
};
struct AddFinalizer {
    Target target;
};
struct RemoveFinalizer {
    Target target;
};
// Server-side apply of the status, as moldau-operator-status.
struct UpdateStatus {
    kube::Resource resource;
    kube::Object object;
};
struct EmitEvent {
    kube::Resource resource;
    kube::ObjectKey key;
    std::string uid;
    std::string reason;
    api::Severity severity = api::Severity::kNormal;
    std::string message;
};

// Orders to the broker.
struct AlterSettings {
    broker_api::AlterSettings order;
};
struct PrepareToStop {
    broker_api::PrepareToStop order;
};
// In batches of at most kTopicsBatchMax; `resources` are the Topics that stand behind the entries, in their order.
inline constexpr std::size_t kTopicsBatchMax = 500;
struct CreateTopics {
    broker_api::CreateTopics order;
    std::vector<kube::ObjectKey> resources;
};
struct AlterTopics {
    broker_api::AlterTopics order;
    std::vector<kube::ObjectKey> resources;
};
struct DeleteTopics {
    broker_api::DeleteTopics order;
    std::vector<kube::ObjectKey> resources;
};

using Action = std::variant<ApplyObject, DeleteObject, OrphanStatefulSet, ResizeClaim, DeleteClaim, DeletePod,
                            ForceDeletePod, AddFinalizer, RemoveFinalizer, UpdateStatus, EmitEvent, AlterSettings,
                            PrepareToStop, CreateTopics, AlterTopics, DeleteTopics>;

// "apply services /shop/events-brokers": the same for every attempt at the same thing. For logs and for `Refusals`.
std::string action_key(const Action& action);
// Of what is ordered: changes when a second attempt would ask for something else.
std::string fingerprint(const Action& action);
// Stops a process or gives up data: at most one of these is in a decision.
bool is_disruptive(const Action& action);

}  // namespace moldau::decide
