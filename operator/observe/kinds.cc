// The informers, one by one.

#include "operator/observe/kinds.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "operator/specs/names.h"

namespace moldau::observe {
namespace {

using informer::InformerOptions;
using informer::Need;

InformerOptions plain(kube::Resource resource, const std::string& ns) {
    InformerOptions options;
    options.watch.resource = std::move(resource);
    options.watch.ns = ns;
    return options;
}

InformerOptions labelled(kube::Resource resource, const std::string& ns) {
    auto options = plain(std::move(resource), ns);
    options.watch.label_selector = std::string(specs::kClusterLabel);
    options.store.indexes.emplace(kByCluster, informer::by_label(std::string(specs::kClusterLabel)));
    return options;
}

InformerOptions topics(const std::string& ns) {
    auto options = plain(kube::resources::topics(), ns);
    options.store.keep = informer::identity_of;
    return options;
}

InformerOptions pods(const std::string& ns) {
    auto options = labelled(kube::resources::pods(), ns);
    options.store.indexes.emplace(kByNode, [](const kube::Object& pod) -> std::vector<std::string> {
        auto node = pod.string_at("/spec/nodeName");
        if (!node) return {};
        return {*std::move(node)};
    });
    return options;
}

InformerOptions nodes() {
    auto options = plain(kube::resources::nodes(), "");
    options.need = Need::kOptional;
    options.store.strip = {"/status/images",      "/status/volumesAttached", "/status/volumesInUse",
                           "/status/allocatable", "/status/capacity",        "/status/nodeInfo",
                           "/status/addresses",   "/status/daemonEndpoints", "/metadata/annotations"};
    return options;
}

InformerOptions volumes() {
    auto options = plain(kube::resources::persistent_volumes(), "");
    options.need = Need::kOptional;
    options.store.strip = {"/metadata/annotations"};
    options.store.indexes.emplace(kByClaim, [](const kube::Object& volume) -> std::vector<std::string> {
        const auto name = volume.string_at("/spec/claimRef/name");
        if (!name) return {};
        return {volume.string_at("/spec/claimRef/namespace").value_or("") + "/" + *name};
    });
    return options;
}

InformerOptions pod_monitors(const std::string& ns) {
    auto options = labelled(kube::resources::pod_monitors(), ns);
    options.need = Need::kOptional;
    return options;
}

}  // namespace

std::string cluster_value(const kube::ObjectKey& cluster) { return cluster.ns + "/" + cluster.name; }

std::optional<kube::ObjectKey> cluster_of(const kube::Object& object) {
    auto name = object.label(specs::kClusterLabel);
    if (!name) return std::nullopt;
    return kube::ObjectKey{object.ns(), *std::move(name)};
}

Kinds::Kinds(informer::SharedInformers& informers, const std::string& ns)
    : clusters(informers.add(plain(kube::resources::clusters(), ns))),
      topics(informers.add(observe::topics(ns))),
      pods(informers.add(observe::pods(ns))),
      claims(informers.add(labelled(kube::resources::persistent_volume_claims(), ns))),
      nodes(informers.add(observe::nodes())),
      volumes(informers.add(observe::volumes())),
      pod_monitors(informers.add(observe::pod_monitors(ns))) {
    for (auto resource : {kube::resources::stateful_sets(), kube::resources::services(), kube::resources::config_maps(),
                          kube::resources::service_accounts(), kube::resources::pod_disruption_budgets(),
                          kube::resources::network_policies()})
        owned.push_back(&informers.add(labelled(std::move(resource), ns)));
    owned.push_back(&pod_monitors);
}

informer::Informer* Kinds::find(const kube::Resource& resource) const {
    for (auto* informer : {&clusters, &topics, &pods, &claims, &nodes, &volumes})
        if (informer->resource() == resource) return informer;
    for (auto* informer : owned)
        if (informer->resource() == resource) return informer;
    return nullptr;
}

void Kinds::note(const kube::Resource& resource, const kube::Object& written) const {
    if (auto* informer = find(resource)) informer->note(written);
}

}  // namespace moldau::observe
