// What the objects of a Cluster depend on besides the Cluster itself.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "operator/api/cluster.h"
#include "operator/specs/known_settings.h"

namespace moldau::specs {

enum class Served : std::uint8_t { kNo, kYes };

// The same for all Clusters of one operator.
struct Environment {
    std::string broker_image = "moldau/broker:0.1.0";  // for Clusters that name none; with spec.version its tag is replaced
    std::string operator_namespace;                    // whose pods may connect to 9190 and 9644
    api::Texts operator_pod_labels{{"app.kubernetes.io/name", "moldau-operator"}};
    Served pod_monitors = Served::kNo;  // monitoring.coreos.com/v1
    // Names of settings that the running broker says it can change, besides those that this version knows.
    std::set<std::string, std::less<>> dynamic_settings;
};

// What Kubernetes gave to a listener's Services.
struct ServiceAddress {
    std::optional<std::uint16_t> node_port;
    std::optional<std::string> load_balancer;  // host name or IP
    bool operator==(const ServiceAddress&) const = default;
};

// By listener, then by broker; -1 is the bootstrap Service.
inline constexpr std::int32_t kBootstrap = -1;
using Addresses = std::map<std::string, std::map<std::int32_t, ServiceAddress>, std::less<>>;

struct Inputs {
    Environment environment;
    Addresses addresses;
    // The settings of the Cluster's image; empty: not known, nothing is judged.
    std::vector<KnownSetting> known;
};

}  // namespace moldau::specs
