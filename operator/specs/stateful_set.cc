// The StatefulSet of a pool.
//
// OnDelete: pods are replaced one by one, when the broker grants it, never by the controller. Parallel: a broker that waits
// for the others must not keep them from starting. Ordinals begin at the pool's first broker id. Claims are kept whatever
// happens to the StatefulSet: only the operator deletes them.

#include <nlohmann/json.hpp>

#include "operator/specs/frame.h"
#include "operator/specs/names.h"
#include "operator/specs/objects.h"
#include "operator/specs/pod_template.h"

namespace moldau::specs {
namespace {

using nlohmann::json;

constexpr std::int32_t kFirstBroker = 0;

json claim_template(const api::Cluster& cluster) {
    json spec{{"accessModes", {"ReadWriteOnce"}},
              {"volumeMode", "Filesystem"},
              {"resources", {{"requests", {{"storage", cluster.spec.storage.size}}}}}};
    if (cluster.spec.storage.storage_class) spec["storageClassName"] = *cluster.spec.storage.storage_class;
    // No owner reference: a claim outlives its Cluster unless the policy says otherwise.
    return {{"metadata", {{"name", "data"}, {"labels", labels(cluster)}}}, {"spec", std::move(spec)}};
}

}  // namespace

kube::Object stateful_set(const api::Cluster& cluster, const Environment& environment, const std::string& static_hash) {
    auto object = frame(kube::resources::stateful_sets(), cluster, brokers_name(cluster));
    object["spec"] = {{"serviceName", brokers_name(cluster)},
                      {"replicas", cluster.spec.replicas},
                      {"ordinals", {{"start", kFirstBroker}}},
                      {"podManagementPolicy", "Parallel"},
                      {"updateStrategy", {{"type", "OnDelete"}}},
                      {"revisionHistoryLimit", 3},
                      {"persistentVolumeClaimRetentionPolicy", {{"whenDeleted", "Retain"}, {"whenScaled", "Retain"}}},
                      {"selector", {{"matchLabels", selector(cluster)}}},
                      {"template", pod_template(cluster, environment, static_hash)},
                      {"volumeClaimTemplates", json::array({claim_template(cluster)})}};
    return kube::Object{std::move(object)};
}

}  // namespace moldau::specs
