// ServiceAccount, ConfigMap, PodDisruptionBudget, NetworkPolicy and PodMonitor.

#include <nlohmann/json.hpp>

#include "operator/specs/frame.h"
#include "operator/specs/names.h"
#include "operator/specs/objects.h"

namespace moldau::specs {
namespace {

using nlohmann::json;

json tcp(std::uint16_t port) { return {{"protocol", "TCP"}, {"port", port}}; }

// An empty map selects everything.
json label_selector(const api::Texts& labels) {
    auto object = json::object();
    if (!labels.empty()) object["matchLabels"] = labels;
    return object;
}

json peer(const api::Texts& namespace_labels, const api::Texts& pod_labels) {
    return {{"namespaceSelector", label_selector(namespace_labels)}, {"podSelector", label_selector(pod_labels)}};
}

}  // namespace

kube::Object service_account(const api::Cluster& cluster) {
    auto object = frame(kube::resources::service_accounts(), cluster, cluster.metadata.key.name);
    object["automountServiceAccountToken"] = false;  // a broker never talks to the API server
    return kube::Object{std::move(object)};
}

kube::Object config_map(const api::Cluster& cluster, const Settings& settings, const Addresses& addresses) {
    auto object = frame(kube::resources::config_maps(), cluster, config_name(cluster));
    auto& data = object["data"];
    for (std::int32_t broker = 0; broker < brokers_max(cluster); ++broker) {
        data[pod_name(cluster, broker) + ".properties"] = properties(cluster, broker, settings, addresses);
    }
    return kube::Object{std::move(object)};
}

// One broker at a time may be drained; one that does not serve anyway is never in the way.
kube::Object pod_disruption_budget(const api::Cluster& cluster) {
    auto object = frame(kube::resources::pod_disruption_budgets(), cluster, cluster.metadata.key.name);
    object["spec"] = {{"maxUnavailable", 1},
                      {"unhealthyPodEvictionPolicy", "AlwaysAllow"},
                      {"selector", {{"matchLabels", selector(cluster)}}}};
    return kube::Object{std::move(object)};
}

// Clients may come from everywhere; 9190 is for brokers and the operator, 9644 for those and for monitoring.
kube::Object network_policy(const api::Cluster& cluster, const Environment& environment) {
    auto object = frame(kube::resources::network_policies(), cluster, cluster.metadata.key.name);
    json client_ports = json::array();
    for (const auto& listener : cluster.spec.listeners) client_ports.push_back(tcp(listener.port));
    const json brokers{{"podSelector", {{"matchLabels", selector(cluster)}}}};
    api::Texts operator_namespace;
    if (!environment.operator_namespace.empty()) {
        operator_namespace.emplace("kubernetes.io/metadata.name", environment.operator_namespace);
    }
    const auto operator_pods = peer(operator_namespace, environment.operator_pod_labels);
    auto ingress = json::array({{{"ports", std::move(client_ports)}},
                                {{"from", {brokers, operator_pods}}, {"ports", {tcp(kOperatorPort), tcp(kAdminPort)}}}});
    const auto& monitoring = cluster.spec.monitoring;
    if (monitoring.enabled) {
        ingress.push_back({{"from", json::array({peer(monitoring.from_namespace_labels, monitoring.from_pod_labels)})},
                           {"ports", json::array({tcp(kAdminPort)})}});
    }
    object["spec"] = {{"podSelector", {{"matchLabels", selector(cluster)}}},
                      {"policyTypes", {"Ingress"}},
                      {"ingress", std::move(ingress)}};
    return kube::Object{std::move(object)};
}

kube::Object pod_monitor(const api::Cluster& cluster) {
    auto object = frame(kube::resources::pod_monitors(), cluster, cluster.metadata.key.name);
    for (const auto& [name, value] : cluster.spec.monitoring.labels) {
        if (!object["metadata"]["labels"].contains(name)) object["metadata"]["labels"][name] = value;
    }
    object["spec"] = {
        {"selector", {{"matchLabels", selector(cluster)}}},
        {"podTargetLabels", {kClusterLabel, kPoolLabel}},
        {"podMetricsEndpoints",
         json::array({{{"port", "admin"}, {"path", "/metrics"}, {"interval", cluster.spec.monitoring.interval}}})}};
    return kube::Object{std::move(object)};
}

}  // namespace moldau::specs
