// Cluster -> the Kubernetes objects that run it. Pure.
//
// The problem: what the operator makes must be the same for the same Cluster, byte for byte, or it writes without end and
// restarts for nothing. The idea: one function per kind of object, all of them pure, compared exactly with goldens; every
// object carries a hash of itself, so that `needs_apply` can tell without asking. Place: below `decide`, which compares
// these with what is there; see README.md for each object's reasons.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "operator/api/cluster.h"
#include "operator/kube/object.h"
#include "operator/kube/resource.h"
#include "operator/specs/inputs.h"
#include "operator/specs/properties.h"

namespace moldau::specs {

struct Desired {
    kube::Resource resource;
    kube::Object object;
};

struct Built {
    // In the order in which they are to be applied: what pods need comes before the StatefulSet, which is last.
    std::vector<Desired> objects;
    Settings settings;
    // Listeners without an address yet for some broker.
    std::vector<std::string> pending_listeners;

    const kube::Object& stateful_set() const { return objects.back().object; }
};

// Precondition: cluster.is_valid().
Built build(const api::Cluster& cluster, const Inputs& inputs);
// The last of them alone.
Desired stateful_set_of(const api::Cluster& cluster, const Inputs& inputs);

// What Kubernetes gave to the Services among `owned`.
Addresses read_addresses(const api::Cluster& cluster, const std::vector<kube::Object>& services);

// One function a kind, in the files of their names. Their objects have no hash yet.
kube::Object service_account(const api::Cluster& cluster);
kube::Object config_map(const api::Cluster& cluster, const Settings& settings, const Addresses& addresses);
kube::Object pod_disruption_budget(const api::Cluster& cluster);
kube::Object network_policy(const api::Cluster& cluster, const Environment& environment);
kube::Object pod_monitor(const api::Cluster& cluster);
kube::Object headless_service(const api::Cluster& cluster);
kube::Object bootstrap_service(const api::Cluster& cluster);
kube::Object listener_service(const api::Cluster& cluster, const api::ListenerSpec& listener, std::int32_t broker);
// `static_hash` is that of the settings that need a restart.
kube::Object stateful_set(const api::Cluster& cluster, const Environment& environment, const std::string& static_hash);

}  // namespace moldau::specs
