// How a Cluster's status looks in JSON. What is empty is left out; what cannot be read is as if it were not there.

#pragma once

#include "operator/api/cluster.h"

namespace moldau::api {

ClusterStatus read_cluster_status(const nlohmann::json& status);
nlohmann::json write_cluster_status(const ClusterStatus& status);

}  // namespace moldau::api
