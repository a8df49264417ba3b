// How a Cluster looks in JSON: its spec.

#include "operator/api/cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "operator/api/cluster_status.h"
#include "operator/api/fields.h"
#include "operator/api/quantity.h"

namespace moldau::api {
namespace {

constexpr std::int32_t kReplicasMax = 1;
constexpr std::uint16_t kAdminPort = 9644;
constexpr std::uint16_t kOperatorPort = 9190;

std::optional<std::uint16_t> read_port(const Fields& fields, std::string_view name) {
    const auto port = fields.whole(name, {1, 65535});
    return port ? std::optional{static_cast<std::uint16_t>(*port)} : std::nullopt;
}

// Lower-case letters, digits and '-', beginning with a letter: fit for the name of a Service's port.
bool is_port_name(std::string_view name) {
    const auto fits = [](char byte) { return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-'; };
    return !name.empty() && name.size() <= 15 && name.front() >= 'a' && name.front() <= 'z' && name.back() != '-' &&
           std::ranges::all_of(name, fits);
}

StorageSpec read_storage(const Fields& fields) {
    StorageSpec storage;
    if (auto size = fields.text("size")) {
        if (parse_quantity(*size)) {
            storage.size = *std::move(size);
        } else {
            fields.fault("size", "write a quantity, such as 100Gi");
        }
    }
    storage.storage_class = fields.text("class");
    if (fields.word("deletionPolicy", {"Retain", "Delete"}) == 1U) storage.deletion_policy = DeletionPolicy::kDelete;
    return storage;
}

ResourcesSpec read_resources(const Fields& fields) {
    ResourcesSpec resources{.requests = fields.texts("requests").value_or(Texts{}),
                            .limits = fields.texts("limits").value_or(Texts{})};
    for (const auto* part : {&resources.requests, &resources.limits}) {
        for (const auto& [name, amount] : *part) {
            if (!parse_quantity(amount)) fields.fault(name, "write a quantity, such as 500m or 2Gi");
        }
    }
    return resources;
}

ListenerSpec read_listener(const Fields& fields) {
    ListenerSpec listener;
    listener.name = fields.text("name").value_or("");
    if (!is_port_name(listener.name)) {
        fields.fault("name", "write a-z, 0-9 and -, at most 15, beginning with a letter");
    }
    const auto type = fields.word("type", {"Internal", "ClusterIP", "NodePort", "LoadBalancer"});
    if (type) {
        listener.type = static_cast<ListenerType>(*type);
    } else if (!fields.has("type")) {
        fields.fault("type", "write one of Internal, ClusterIP, NodePort, LoadBalancer");
    }
    if (const auto port = read_port(fields, "port")) {
        listener.port = *port;
    } else if (!fields.has("port")) {
        fields.fault("port", "write the listener's port");
    }
    const auto advertised = fields.object("advertised");
    listener.advertised_host = advertised.text("host");
    listener.advertised_port = read_port(advertised, "port");
    const auto node_ports = fields.object("nodePorts");
    listener.node_port_bootstrap = read_port(node_ports, "bootstrap");
    listener.node_port_first_broker = read_port(node_ports, "firstBroker");
    listener.annotations = fields.texts("annotations").value_or(Texts{});
    const auto balancer = fields.object("loadBalancer");
    listener.load_balancer_class = balancer.text("class");
    listener.source_ranges = balancer.list("sourceRanges").value_or(std::vector<std::string>{});
    if (const auto policy = fields.word("externalTrafficPolicy", {"Cluster", "Local"})) {
        listener.external_traffic_policy = *policy == 0 ? "Cluster" : "Local";
    }
    return listener;
}

// No two of a name or a port, none on the broker's own ports, the internal one first.
void check_listeners(const Fields& spec, std::vector<ListenerSpec>& listeners) {
    std::set<std::string> names;
    std::set<std::uint16_t> ports{kAdminPort, kOperatorPort};
    std::size_t internal = 0;
    for (const auto& listener : listeners) {
        if (!names.insert(listener.name).second) spec.fault("listeners", "write another name for each listener");
        if (!ports.insert(listener.port).second) {
            spec.fault("listeners", "write another port for each listener, and neither 9190 nor 9644");
        }
        if (listener.type == ListenerType::kInternal) ++internal;
        if (listener.has_services() && (listener.name == "brokers" || listener.name == "bootstrap")) {
            spec.fault("listeners", "brokers and bootstrap name the cluster's own Services: write other names");
        }
    }
    if (internal > 1) spec.fault("listeners", "write one listener of type Internal at most");
    if (internal == 0) {
        auto added = ListenerSpec{.name = "internal", .type = ListenerType::kInternal, .port = 9092};
        if (names.contains(added.name) || ports.contains(added.port)) {
            spec.fault("listeners", "the name internal and the port 9092 are those of the internal listener: write others");
        }
        listeners.insert(listeners.begin(), std::move(added));
    }
    const auto first = std::ranges::find(listeners, ListenerType::kInternal, &ListenerSpec::type);
    std::rotate(listeners.begin(), first, first + 1);
}

MonitoringSpec read_monitoring(const Fields& fields) {
    MonitoringSpec monitoring;
    monitoring.enabled = fields.truth("enabled").value_or(true);
    monitoring.interval = fields.text("interval").value_or(monitoring.interval);
    monitoring.labels = fields.texts("labels").value_or(Texts{});
    const auto from = fields.object("from");
    monitoring.from_namespace_labels = from.texts("namespaceLabels").value_or(Texts{});
    if (auto labels = from.texts("podLabels")) monitoring.from_pod_labels = *std::move(labels);
    return monitoring;
}

void read_image(const Fields& fields, ClusterSpec& spec) {
    spec.image = fields.text("image");
    spec.version = fields.text("version");
    if (spec.image && spec.version) fields.fault("image", "write either image or version");
    if (auto policy = fields.text("imagePullPolicy")) spec.image_pull_policy = *std::move(policy);
}

ClusterSpec read_spec(const Fields& fields) {
    ClusterSpec spec;
    if (const auto replicas = fields.whole("replicas", {0, kReplicasMax}))
        spec.replicas = static_cast<std::int32_t>(*replicas);
    read_image(fields, spec);
    spec.storage = read_storage(fields.object("storage"));
    if (fields.has("resources")) spec.resources = read_resources(fields.object("resources"));
    if (fields.has("listeners")) {
        spec.listeners.clear();
        fields.each("listeners", [&](const Fields& entry) { spec.listeners.push_back(read_listener(entry)); });
        check_listeners(fields, spec.listeners);
    }
    spec.config = fields.texts("config").value_or(Texts{});
    if (fields.word("durability", {"synced", "replicated"}) == 1U) spec.durability = Durability::kReplicated;
    if (const auto* pod = fields.raw_object("template")) spec.pod_template = kube::Object{*pod};
    spec.monitoring = read_monitoring(fields.object("monitoring"));
    if (fields.truth("paused") == true) spec.pause = Pause::kPaused;
    return spec;
}

}  // namespace

Cluster read_cluster(const kube::Object& object) {
    Cluster cluster;
    cluster.metadata = read_metadata(object);
    const auto tree = object.tree();
    const auto spec = tree->find("spec");
    const nlohmann::json none;
    cluster.spec = read_spec(Fields{spec == tree->end() ? none : *spec, "spec", cluster.faults});
    const auto status = tree->find("status");
    if (status != tree->end()) cluster.status = read_cluster_status(*status);
    return cluster;
}

kube::Object status_object(const Cluster& cluster, const ClusterStatus& status) {
    return kube::Object{{{"apiVersion", kApiVersion},
                         {"kind", "Cluster"},
                         {"metadata", {{"name", cluster.metadata.key.name}, {"namespace", cluster.metadata.key.ns}}},
                         {"status", write_cluster_status(status)}}};
}

}  // namespace moldau::api
