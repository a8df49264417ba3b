// All objects of a Cluster, each with the hash of what was applied.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "operator/specs/frame.h"
#include "operator/specs/hash.h"
#include "operator/specs/names.h"
#include "operator/specs/objects.h"

namespace moldau::specs {
namespace {

// JSON pointers write '/' in a name as "~1".
constexpr std::string_view kAppliedPointer = "/metadata/annotations/moldau.dev~1applied";

bool is_pending(const api::Cluster& cluster, const api::ListenerSpec& listener, const Addresses& addresses) {
    for (std::int32_t broker = 0; broker < brokers_max(cluster); ++broker) {
        if (!advertised(cluster, listener, broker, addresses)) return true;
    }
    return false;
}

// Of all brokers' files together: with several brokers each restarts when any of them must, one after the other.
std::string static_hash(const kube::Object& config_map) { return hash_of(config_map.json_at("/data").dump()); }

class Objects {
public:
    void add(kube::Resource resource, const kube::Object& object) {
        auto marked = object.with(kAppliedPointer, hash_of(object.text()));
        list_.push_back({std::move(resource), std::move(marked)});
    }
    std::vector<Desired> take() { return std::move(list_); }

private:
    std::vector<Desired> list_;
};

void add_services(Objects& objects, const api::Cluster& cluster) {
    objects.add(kube::resources::services(), headless_service(cluster));
    objects.add(kube::resources::services(), bootstrap_service(cluster));
    for (const auto& listener : cluster.spec.listeners) {
        if (!listener.has_services()) continue;
        for (std::int32_t broker = kBootstrap; broker < brokers_max(cluster); ++broker) {
            objects.add(kube::resources::services(), listener_service(cluster, listener, broker));
        }
    }
}

}  // namespace

Built build(const api::Cluster& cluster, const Inputs& inputs) {
    Built built;
    built.settings = split_settings(cluster.spec, inputs);
    for (const auto& listener : cluster.spec.listeners) {
        if (is_pending(cluster, listener, inputs.addresses)) built.pending_listeners.push_back(listener.name);
    }
    Objects objects;
    objects.add(kube::resources::service_accounts(), service_account(cluster));
    objects.add(kube::resources::network_policies(), network_policy(cluster, inputs.environment));
    objects.add(kube::resources::pod_disruption_budgets(), pod_disruption_budget(cluster));
    add_services(objects, cluster);
    if (cluster.spec.monitoring.enabled && inputs.environment.pod_monitors == Served::kYes) {
        objects.add(kube::resources::pod_monitors(), pod_monitor(cluster));
    }
    const auto config = config_map(cluster, built.settings, inputs.addresses);
    objects.add(kube::resources::config_maps(), config);
    objects.add(kube::resources::stateful_sets(), stateful_set(cluster, inputs.environment, static_hash(config)));
    built.objects = objects.take();
    return built;
}

Desired stateful_set_of(const api::Cluster& cluster, const Inputs& inputs) {
    auto built = build(cluster, inputs);
    return std::move(built.objects.back());
}

}  // namespace moldau::specs
