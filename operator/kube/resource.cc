// Paths of the API server, and the table of kinds that the operator works with.

#include "operator/kube/resource.h"

namespace moldau::kube {

std::string Resource::api_version() const { return group.empty() ? version : group + "/" + version; }
std::string Resource::name() const { return group.empty() ? plural : plural + "." + group; }

std::string Resource::collection_path(std::string_view ns) const {
    std::string path = group.empty() ? "/api/" + version : "/apis/" + group + "/" + version;
    if (scope == Scope::kNamespaced && !ns.empty()) path += "/namespaces/" + percent_encode(ns);
    return path + "/" + plural;
}

std::string Resource::object_path(const ObjectKey& key, std::string_view subresource) const {
    std::string path = collection_path(key.ns) + "/" + percent_encode(key.name);
    if (!subresource.empty()) path += "/" + std::string(subresource);
    return path;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string encoded;
    for (const char byte : text) {
        const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                           byte == '-' || byte == '.' || byte == '_' || byte == '~';
        if (plain) {
            encoded += byte;
        } else {
            const auto value = static_cast<unsigned char>(byte);
            encoded += '%';
            encoded += kDigits[value >> 4U];
            encoded += kDigits[value & 15U];
        }
    }
    return encoded;
}

namespace resources {
// clang-format off
Resource pods() { return {"", "v1", "pods", "Pod"}; }
Resource nodes() { return {"", "v1", "nodes", "Node", Scope::kCluster}; }
Resource events() { return {"events.k8s.io", "v1", "events", "Event"}; }
Resource secrets() { return {"", "v1", "secrets", "Secret"}; }
Resource services() { return {"", "v1", "services", "Service"}; }
Resource namespaces() { return {"", "v1", "namespaces", "Namespace", Scope::kCluster}; }
Resource config_maps() { return {"", "v1", "configmaps", "ConfigMap"}; }
Resource service_accounts() { return {"", "v1", "serviceaccounts", "ServiceAccount"}; }
Resource persistent_volumes() { return {"", "v1", "persistentvolumes", "PersistentVolume", Scope::kCluster}; }
Resource persistent_volume_claims() { return {"", "v1", "persistentvolumeclaims", "PersistentVolumeClaim"}; }
Resource leases() { return {"coordination.k8s.io", "v1", "leases", "Lease"}; }
Resource stateful_sets() { return {"apps", "v1", "statefulsets", "StatefulSet"}; }
Resource controller_revisions() { return {"apps", "v1", "controllerrevisions", "ControllerRevision"}; }
Resource storage_classes() { return {"storage.k8s.io", "v1", "storageclasses", "StorageClass", Scope::kCluster}; }
Resource network_policies() { return {"networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy"}; }
Resource endpoint_slices() { return {"discovery.k8s.io", "v1", "endpointslices", "EndpointSlice"}; }
Resource pod_disruption_budgets() { return {"policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget"}; }
Resource custom_resource_definitions() {
    return {"apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", Scope::kCluster};
}
Resource service_monitors() { return {"monitoring.coreos.com", "v1", "servicemonitors", "ServiceMonitor"}; }
Resource pod_monitors() { return {"monitoring.coreos.com", "v1", "podmonitors", "PodMonitor"}; }
Resource clusters() { return {"moldau.dev", "v1beta1", "clusters", "Cluster"}; }
Resource topics() { return {"moldau.dev", "v1beta1", "topics", "Topic"}; }
// clang-format on
}  // namespace resources

}  // namespace moldau::kube
