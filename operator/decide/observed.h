// Kubernetes' objects as the structs of a snapshot.

#pragma once

#include "operator/decide/snapshot.h"
#include "operator/kube/object.h"

namespace moldau::decide {

// Tolerant: what is missing keeps its default. The ordinal is the number at the end of the name.
Pod read_pod(const kube::Object& pod);
// `volume` is the claim's PersistentVolume when it is known.
Claim read_claim(const kube::Object& claim, const std::optional<kube::Object>& volume);
Node read_node(const kube::Object& node);
// After the API server itself answered that there is no such Node.
Node deleted_node(std::string name);

}  // namespace moldau::decide
