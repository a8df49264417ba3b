// Which kinds of objects the operator looks at, and how much of each it keeps.
//
// The idea: of what it owns it watches only what bears its label, so that a Kubernetes full of other things costs nothing;
// an object of a wanted name without the label is looked up before it is made (apply_object.cc). Nodes, volumes and
// PodMonitors are optional: an operator with rights in one namespace alone cannot see the first two.

#pragma once

#include <string>
#include <vector>

#include "operator/informer/shared_informers.h"

namespace moldau::observe {

// Names of indexes.
inline constexpr std::string_view kByCluster = "cluster";  // "ns/cluster", by the label moldau.dev/cluster
inline constexpr std::string_view kByNode = "node";        // Pods by spec.nodeName
inline constexpr std::string_view kByClaim = "claim";      // PersistentVolumes by "ns/claim"

// "ns/name" as the index kByCluster has it.
std::string cluster_value(const kube::ObjectKey& cluster);
// The Cluster that an owned object belongs to, by its label.
std::optional<kube::ObjectKey> cluster_of(const kube::Object& object);

// Lifetime: that of the SharedInformers. Thread: the loop's.
struct Kinds {
    // `ns` empty: all namespaces.
    Kinds(informer::SharedInformers& informers, const std::string& ns);

    // Of any kind, or null.
    informer::Informer* find(const kube::Resource& resource) const;
    // Takes the answer to a write into the store of its kind.
    void note(const kube::Resource& resource, const kube::Object& written) const;

    informer::Informer& clusters;
    informer::Informer& topics;  // identities alone: TopicBook has what they say
    informer::Informer& pods;
    informer::Informer& claims;
    informer::Informer& nodes;               // optional
    informer::Informer& volumes;             // optional
    informer::Informer& pod_monitors;        // optional
    std::vector<informer::Informer*> owned;  // all kinds that specs makes, pod_monitors among them
};

}  // namespace moldau::observe
