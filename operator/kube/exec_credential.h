// What an exec plugin prints, and what it is told: client.authentication.k8s.io/v1 ExecCredential.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "operator/kube/endpoint.h"

namespace moldau::kube {

struct ExecCredential {
    std::string token;
    std::string certificate_pem;
    std::string key_pem;
    std::optional<WallTime> expires_at;
};

// Errors: kMalformed: no ExecCredential of v1, neither token nor certificate, a certificate without its key.
Result<ExecCredential> parse_exec_credential(std::string_view text);

enum class ClusterInfo : std::uint8_t { kHide, kTell };
// The value of KUBERNETES_EXEC_INFO.
std::string exec_info(const Endpoint& endpoint, ClusterInfo info);

}  // namespace moldau::kube
