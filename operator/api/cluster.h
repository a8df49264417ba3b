// A Cluster (moldau.dev/v1beta1) as the operator sees it: crds/moldau.dev_clusters.yaml in C++, with the same defaults.
//
// The problem: an object may come from another version of the schema, or past it, and must never stop the operator. The
// idea: reading is tolerant of fields that it does not know and strict about the types of those that it does; what is wrong
// is listed in `faults`, in sentences that become a condition, and the field keeps its default. Place: `specs` and `decide`
// work on these; only this file knows how a Cluster looks in JSON.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "operator/api/conditions.h"
#include "operator/api/metadata.h"

namespace moldau::api {

enum class DeletionPolicy : std::uint8_t { kRetain, kDelete };
enum class Durability : std::uint8_t { kSynced, kReplicated };
enum class ListenerType : std::uint8_t { kInternal, kClusterIp, kNodePort, kLoadBalancer };
enum class Pause : std::uint8_t { kRunning, kPaused };

struct StorageSpec {
    std::string size = "10Gi";
    std::optional<std::string> storage_class;
    DeletionPolicy deletion_policy = DeletionPolicy::kRetain;
    bool operator==(const StorageSpec&) const = default;
};

struct ResourcesSpec {
    Texts requests{{"cpu", "250m"}, {"memory", "512Mi"}};
    Texts limits{{"memory", "2Gi"}};
    bool operator==(const ResourcesSpec&) const = default;
};

struct ListenerSpec {
    std::string name;
    ListenerType type = ListenerType::kInternal;
    std::uint16_t port = 0;
    std::optional<std::string> advertised_host;  // {id} {cluster} {namespace} {node} {hostIP} are placeholders
    std::optional<std::uint16_t> advertised_port;
    std::optional<std::uint16_t> node_port_bootstrap;
    std::optional<std::uint16_t> node_port_first_broker;
    Texts annotations;
    std::optional<std::string> load_balancer_class;
    std::vector<std::string> source_ranges;
    std::optional<std::string> external_traffic_policy;

    // Has a bootstrap Service and one for each broker of its own.
    bool has_services() const { return type != ListenerType::kInternal; }
    bool operator==(const ListenerSpec&) const = default;
};

struct MonitoringSpec {
    bool enabled = true;
    std::string interval = "30s";
    Texts labels;
    Texts from_namespace_labels;
    Texts from_pod_labels{{"app.kubernetes.io/name", "prometheus"}};
    bool operator==(const MonitoringSpec&) const = default;
};

struct ClusterSpec {
    std::int32_t replicas = 1;
    std::optional<std::string> image;
    std::optional<std::string> version;
    std::string image_pull_policy = "IfNotPresent";
    StorageSpec storage;
    ResourcesSpec resources;
    // Exactly one is kInternal, and it comes first: added when the resource has none.
    std::vector<ListenerSpec> listeners{{.name = "internal", .type = ListenerType::kInternal, .port = 9092}};
    Texts config;  // numbers in decimal digits
    Durability durability = Durability::kSynced;
    kube::Object pod_template;  // spec.template as it is written
    MonitoringSpec monitoring;
    Pause pause = Pause::kRunning;

    const ListenerSpec& internal_listener() const { return listeners.front(); }
    bool operator==(const ClusterSpec&) const = default;
};

struct ListenerStatus {
    std::string name;
    std::string bootstrap;               // host:port, empty while unknown
    std::vector<std::string> addresses;  // host:port by broker
    bool operator==(const ListenerStatus&) const = default;
};

struct BrokerStatus {
    std::int32_t id = 0;
    std::string pod;
    std::string node;
    std::string version;
    bool ready = false;
    std::string state;   // what it says of itself, or what keeps it from running
    std::string reason;  // why it is not ready
    bool restart_pending = false;
    bool operator==(const BrokerStatus&) const = default;
};

struct ClusterStatus {
    std::int64_t observed_generation = 0;
    std::vector<Condition> conditions;
    std::int32_t replicas = 0;
    std::int32_t ready_replicas = 0;
    std::string selector;
    std::string version;
    std::string image;
    std::string cluster_id;
    std::string bootstrap;
    std::optional<std::int64_t> topics;
    std::vector<ListenerStatus> listeners;
    std::vector<BrokerStatus> brokers;
    bool operator==(const ClusterStatus&) const = default;
};

// Lifetime: a value. Invariant: spec.listeners is not empty and begins with the internal one.
struct Cluster {
    Metadata metadata;
    ClusterSpec spec;
    ClusterStatus status;
    std::vector<std::string> faults;  // "spec.replicas: write a whole number"; with any of these the spec must not be used

    bool is_valid() const { return faults.empty(); }
};

Cluster read_cluster(const kube::Object& object);

// The object that an apply of the status sends: apiVersion, kind, name and status, nothing else.
kube::Object status_object(const Cluster& cluster, const ClusterStatus& status);

}  // namespace moldau::api
