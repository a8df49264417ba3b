// Services: the headless one that names the pods, the bootstrap one, and those of listeners that reach out.
//
// All but the bootstrap ones publish addresses that are not ready: brokers and the operator must find a broker while it
// starts, and a client that was told its address must reach it as soon as it answers.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "operator/specs/frame.h"
#include "operator/specs/names.h"
#include "operator/specs/objects.h"

namespace moldau::specs {
namespace {

using nlohmann::json;

json port(const std::string& name, std::uint16_t number) {
    return {{"name", name}, {"port", number}, {"targetPort", name}, {"protocol", "TCP"}};
}

const char* type_name(api::ListenerType type) {
    switch (type) {
        case api::ListenerType::kNodePort:
            return "NodePort";
        case api::ListenerType::kLoadBalancer:
            return "LoadBalancer";
        case api::ListenerType::kInternal:
        case api::ListenerType::kClusterIp:
            return "ClusterIP";
    }
    return "ClusterIP";
}

std::optional<int> wanted_node_port(const api::ListenerSpec& listener, std::int32_t broker) {
    if (broker == kBootstrap) return listener.node_port_bootstrap;
    if (!listener.node_port_first_broker) return std::nullopt;
    return *listener.node_port_first_broker + broker;
}

void add_outside(json& spec, const api::ListenerSpec& listener, std::int32_t broker) {
    if (const auto wanted = wanted_node_port(listener, broker)) spec["ports"][0]["nodePort"] = *wanted;
    if (listener.external_traffic_policy) spec["externalTrafficPolicy"] = *listener.external_traffic_policy;
    if (listener.load_balancer_class) spec["loadBalancerClass"] = *listener.load_balancer_class;
    if (!listener.source_ranges.empty()) spec["loadBalancerSourceRanges"] = listener.source_ranges;
}

ServiceAddress read_address(const kube::Object& service) {
    ServiceAddress address;
    if (const auto number = service.int_at("/spec/ports/0/nodePort"); number && *number > 0 && *number <= 65535) {
        address.node_port = static_cast<std::uint16_t>(*number);
    }
    address.load_balancer = service.string_at("/status/loadBalancer/ingress/0/hostname");
    if (!address.load_balancer) address.load_balancer = service.string_at("/status/loadBalancer/ingress/0/ip");
    return address;
}

}  // namespace

kube::Object headless_service(const api::Cluster& cluster) {
    auto object = frame(kube::resources::services(), cluster, brokers_name(cluster));
    const auto& internal = cluster.spec.internal_listener();
    object["spec"] = {
        {"type", "ClusterIP"},
        {"clusterIP", "None"},
        {"publishNotReadyAddresses", true},
        {"selector", selector(cluster)},
        {"ports", {port(internal.name, internal.port), port("admin", kAdminPort), port("operator", kOperatorPort)}}};
    return kube::Object{std::move(object)};
}

kube::Object bootstrap_service(const api::Cluster& cluster) {
    auto object = frame(kube::resources::services(), cluster, bootstrap_name(cluster));
    const auto& internal = cluster.spec.internal_listener();
    object["spec"] = {{"type", "ClusterIP"},
                      {"selector", selector(cluster)},
                      {"ports", json::array({port(internal.name, internal.port)})}};
    return kube::Object{std::move(object)};
}

kube::Object listener_service(const api::Cluster& cluster, const api::ListenerSpec& listener, std::int32_t broker) {
    auto object = frame(kube::resources::services(), cluster, listener_service_name(cluster, listener, broker));
    object["metadata"]["labels"][std::string{kListenerLabel}] = listener.name;
    if (!listener.annotations.empty()) object["metadata"]["annotations"] = listener.annotations;
    json spec{{"type", type_name(listener.type)},
              {"selector", selector(cluster)},
              {"ports", json::array({port(listener.name, listener.port)})}};
    if (broker != kBootstrap) {
        spec["publishNotReadyAddresses"] = true;
        spec["selector"]["statefulset.kubernetes.io/pod-name"] = pod_name(cluster, broker);
    }
    add_outside(spec, listener, broker);
    object["spec"] = std::move(spec);
    return kube::Object{std::move(object)};
}

Addresses read_addresses(const api::Cluster& cluster, const std::vector<kube::Object>& services) {
    Addresses addresses;
    for (const auto& listener : cluster.spec.listeners) {
        if (!listener.has_services()) continue;
        for (std::int32_t broker = kBootstrap; broker < brokers_max(cluster); ++broker) {
            const auto name = listener_service_name(cluster, listener, broker);
            for (const auto& service : services) {
                if (service.name() == name) addresses[listener.name][broker] = read_address(service);
            }
        }
    }
    return addresses;
}

}  // namespace moldau::specs
