// The frame of an object.

#include "operator/specs/frame.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "operator/specs/names.h"

namespace moldau::specs {

nlohmann::json frame(const kube::Resource& resource, const api::Cluster& cluster, const std::string& name) {
    // Without blockOwnerDeletion: it would need the right to write finalizers of Clusters, for nothing.
    const nlohmann::json owner{{"apiVersion", api::kApiVersion},
                               {"kind", "Cluster"},
                               {"name", cluster.metadata.key.name},
                               {"uid", cluster.metadata.uid},
                               {"controller", true}};
    return {{"apiVersion", resource.api_version()},
            {"kind", resource.kind},
            {"metadata",
             {{"name", name},
              {"namespace", cluster.metadata.key.ns},
              {"labels", labels(cluster)},
              {"ownerReferences", nlohmann::json::array({owner})}}}};
}

std::int32_t brokers_max(const api::Cluster& cluster) { return std::max(cluster.spec.replicas, 1); }

}  // namespace moldau::specs
