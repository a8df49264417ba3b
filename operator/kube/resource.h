// The kinds of objects and their paths on the API server.

#pragma once

#include <string>
#include <string_view>

#include "operator/kube/object.h"

namespace moldau::kube {

enum class Scope { kNamespaced, kCluster };

// One kind of object as the API server serves it. `group` is empty for the core API.
struct Resource {
    std::string group;
    std::string version;
    std::string plural;
    std::string kind;
    Scope scope = Scope::kNamespaced;
    bool operator==(const Resource&) const = default;

    // "v1" or "apps/v1".
    std::string api_version() const;
    // "statefulsets.apps", or "pods" for the core API.
    std::string name() const;
    // "/apis/apps/v1/namespaces/ns/statefulsets"; all namespaces when `ns` is empty.
    std::string collection_path(std::string_view ns) const;
    // ".../statefulsets/name", then "/status" or so when `subresource` is not empty.
    std::string object_path(const ObjectKey& key, std::string_view subresource = {}) const;
};

// What the operator works with.
namespace resources {
Resource pods();
Resource nodes();
Resource events();  // events.k8s.io/v1
Resource secrets();
Resource services();
Resource namespaces();
Resource config_maps();
Resource service_accounts();
Resource persistent_volumes();
Resource persistent_volume_claims();
Resource leases();
Resource stateful_sets();
Resource controller_revisions();
Resource storage_classes();
Resource network_policies();
Resource endpoint_slices();
Resource pod_disruption_budgets();
Resource custom_resource_definitions();
Resource service_monitors();
Resource pod_monitors();
Resource clusters();  // moldau.dev/v1beta1
Resource topics();
}  // namespace resources

// Percent-encodes what may not stand in one segment of a path or in a query's value (RFC 3986).
std::string percent_encode(std::string_view text);

}  // namespace moldau::kube
