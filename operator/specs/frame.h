// What every object of a Cluster begins with.

#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "operator/api/cluster.h"
#include "operator/kube/resource.h"

namespace moldau::specs {

// {apiVersion, kind, metadata{name, namespace, labels, ownerReferences}}
nlohmann::json frame(const kube::Resource& resource, const api::Cluster& cluster, const std::string& name);

// Brokers that there may be: their Services and settings exist while they are stopped, so that addresses stay.
std::int32_t brokers_max(const api::Cluster& cluster);

}  // namespace moldau::specs
