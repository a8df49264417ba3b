// Where the API server is: inside of a pod, or by kubeconfig.

#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "operator/kube/connection_spec.h"

namespace moldau::kube {

// The value of an environment variable; nullopt when it is not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;
Environment process_environment();

// The service account's token and authority, the address from KUBERNETES_SERVICE_HOST and _PORT. `folder` is the mount of
// the service account. Errors: kNotFound outside of a pod.
Result<ConnectionSpec> in_cluster_spec(const Environment& environment,
                                       const std::string& folder = "/var/run/secrets/kubernetes.io/serviceaccount");

struct ConfigurationWish {
    std::string kubeconfig;  // a file; wins over everything
    std::string context;     // empty: the current one
};
// In this order: the file wished for, KUBECONFIG (files separated by ':'), in a pod the service account, ~/.kube/config.
// Errors: kUsage with the file and the key.
Result<ConnectionSpec> find_connection(const ConfigurationWish& wish, const Environment& environment);

}  // namespace moldau::kube
