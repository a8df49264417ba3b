// Names and labels.

#include "operator/specs/names.h"

#include <fmt/format.h>

#include "operator/specs/inputs.h"

namespace moldau::specs {

std::string brokers_name(const api::Cluster& cluster) { return fmt::format("{}-{}", cluster.metadata.key.name, kPool); }
std::string bootstrap_name(const api::Cluster& cluster) { return cluster.metadata.key.name + "-bootstrap"; }
std::string config_name(const api::Cluster& cluster) { return cluster.metadata.key.name + "-config"; }

std::string pod_name(const api::Cluster& cluster, std::int32_t ordinal) {
    return fmt::format("{}-{}", brokers_name(cluster), ordinal);
}

std::string claim_name(const api::Cluster& cluster, std::int32_t ordinal) { return "data-" + pod_name(cluster, ordinal); }

std::string listener_service_name(const api::Cluster& cluster, const api::ListenerSpec& listener, std::int32_t broker) {
    auto name = fmt::format("{}-{}", cluster.metadata.key.name, listener.name);
    return broker == kBootstrap ? name : fmt::format("{}-{}", name, broker);
}

api::Texts labels(const api::Cluster& cluster) {
    auto all = selector(cluster);
    all.emplace("app.kubernetes.io/name", "moldau");
    all.emplace("app.kubernetes.io/instance", cluster.metadata.key.name);
    all.emplace("app.kubernetes.io/component", "broker");
    all.emplace(kManagedByLabel, kManagedBy);
    return all;
}

api::Texts selector(const api::Cluster& cluster) {
    return {{std::string{kClusterLabel}, cluster.metadata.key.name}, {std::string{kPoolLabel}, std::string{kPool}}};
}

std::string selector_text(const api::Cluster& cluster) {
    return fmt::format("{}={},{}={}", kClusterLabel, cluster.metadata.key.name, kPoolLabel, kPool);
}

std::string image(const api::ClusterSpec& spec, const std::string& operator_image) {
    if (spec.image) return *spec.image;
    if (!spec.version) return operator_image;
    // The last ':' after the last '/' begins the tag; a digest goes with it.
    auto repository = operator_image.substr(0, operator_image.find('@'));
    const auto slash = repository.rfind('/');
    const auto colon = repository.rfind(':');
    if (colon != std::string::npos && (slash == std::string::npos || colon > slash)) repository.resize(colon);
    return fmt::format("{}:{}", repository, *spec.version);
}

std::string operator_target(const api::Cluster& cluster) {
    return fmt::format("{}.{}.svc:{}", brokers_name(cluster), cluster.metadata.key.ns, kOperatorPort);
}

std::string internal_bootstrap(const api::Cluster& cluster) {
    return fmt::format("{}.{}.svc:{}", bootstrap_name(cluster), cluster.metadata.key.ns,
                       cluster.spec.internal_listener().port);
}

}  // namespace moldau::specs
