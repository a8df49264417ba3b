// The pod of a broker, and how spec.template is laid over it.
//
// Rules of the merge, field by field: labels and annotations are added, the operator's own win; tolerations, env, volumes
// and volumeMounts come after the operator's (an env or a volume of one of its names is left out); securityContext and
// containerSecurityContext replace single fields; every other known field replaces the operator's as a whole; what is not in
// the list (kMerged in pod_template.cc) is ignored.

#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "operator/api/cluster.h"
#include "operator/specs/inputs.h"

namespace moldau::specs {

nlohmann::json pod_template(const api::Cluster& cluster, const Environment& environment, const std::string& static_hash);

}  // namespace moldau::specs
