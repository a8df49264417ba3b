// JSON of exec plugins.

#include "operator/kube/exec_credential.h"

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "operator/kube/json.h"
#include "operator/kube/timestamp.h"

namespace moldau::kube {
namespace {

constexpr std::string_view kApiVersion = "client.authentication.k8s.io/v1";

}  // namespace

Result<ExecCredential> parse_exec_credential(std::string_view text) {
    MOLDAU_TRY_ASSIGN(value, parse_json(text));
    if (json_string(value, "/kind") != "ExecCredential") return fail(Errc::kMalformed, "kind is not ExecCredential");
    if (json_string(value, "/apiVersion") != kApiVersion) {
        return fail(Errc::kMalformed, "apiVersion is not " + std::string(kApiVersion));
    }
    ExecCredential credential{.token = json_string(value, "/status/token"),
                              .certificate_pem = json_string(value, "/status/clientCertificateData"),
                              .key_pem = json_string(value, "/status/clientKeyData"),
                              .expires_at = std::nullopt};
    if (credential.token.empty() && credential.certificate_pem.empty()) {
        return fail(Errc::kMalformed, "status has neither token nor clientCertificateData");
    }
    if (credential.certificate_pem.empty() != credential.key_pem.empty()) {
        return fail(Errc::kMalformed, "status.clientCertificateData and status.clientKeyData go together");
    }
    const auto expires = json_string(value, "/status/expirationTimestamp");
    if (!expires.empty()) {
        MOLDAU_TRY_ASSIGN(time, parse_timestamp(expires));
        credential.expires_at = time;
    }
    return credential;
}

std::string exec_info(const Endpoint& endpoint, ClusterInfo info) {
    nlohmann::json value{{"apiVersion", kApiVersion}, {"kind", "ExecCredential"}, {"spec", {{"interactive", false}}}};
    if (info == ClusterInfo::kTell) {
        auto& cluster = value["spec"]["cluster"];
        cluster["server"] = endpoint.server;
        if (endpoint.check == ServerCheck::kSkip) cluster["insecure-skip-tls-verify"] = true;
        if (!endpoint.ca_pem.empty()) {
            const auto* bytes = reinterpret_cast<const std::uint8_t*>(endpoint.ca_pem.data());
            cluster["certificate-authority-data"] = base64_encode({bytes, endpoint.ca_pem.size()});
        }
    }
    return json_text(value);
}

}  // namespace moldau::kube
