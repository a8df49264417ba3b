// What the objects of a Cluster are called and how they are labelled.
//
// Every broker is a pod of one pool; this version has the pool "brokers" alone, and a broker's id is its pod's ordinal.

#pragma once

#include <cstdint>
#include <string>

#include "operator/api/cluster.h"

namespace moldau::specs {

inline constexpr std::string_view kPool = "brokers";
inline constexpr std::string_view kContainer = "broker";
inline constexpr std::string_view kClusterLabel = "moldau.dev/cluster";
inline constexpr std::string_view kPoolLabel = "moldau.dev/pool";
inline constexpr std::string_view kListenerLabel = "moldau.dev/listener";
inline constexpr std::string_view kManagedByLabel = "app.kubernetes.io/managed-by";
inline constexpr std::string_view kManagedBy = "moldau-operator";
// On pods' templates: hash of the settings that need a restart.
inline constexpr std::string_view kStaticConfigAnnotation = "moldau.dev/static-config";
// On every object: hash of what was applied, so that a field that is no longer wanted is seen.
inline constexpr std::string_view kAppliedAnnotation = "moldau.dev/applied";
inline constexpr std::uint16_t kAdminPort = 9644;
inline constexpr std::uint16_t kOperatorPort = 9190;

std::string brokers_name(const api::Cluster& cluster);    // StatefulSet and headless Service: "events-brokers"
std::string bootstrap_name(const api::Cluster& cluster);  // "events-bootstrap"
std::string config_name(const api::Cluster& cluster);     // "events-config"
std::string pod_name(const api::Cluster& cluster, std::int32_t ordinal);
std::string claim_name(const api::Cluster& cluster, std::int32_t ordinal);  // "data-events-brokers-0"
// Of a listener that has Services: "events-external" for bootstrapping, "events-external-0" for broker 0.
std::string listener_service_name(const api::Cluster& cluster, const api::ListenerSpec& listener, std::int32_t broker);

// On all owned objects.
api::Texts labels(const api::Cluster& cluster);
// Selects the brokers' pods; never changes, because a StatefulSet's selector cannot.
api::Texts selector(const api::Cluster& cluster);
// "moldau.dev/cluster=events,moldau.dev/pool=brokers"
std::string selector_text(const api::Cluster& cluster);

// spec.image, or the operator's image with the tag spec.version, or the operator's image.
std::string image(const api::ClusterSpec& spec, const std::string& operator_image);
// host:port of the operator API: what a BrokerApi connects to.
std::string operator_target(const api::Cluster& cluster);
// host:port for clients in this Kubernetes.
std::string internal_bootstrap(const api::Cluster& cluster);

}  // namespace moldau::specs
