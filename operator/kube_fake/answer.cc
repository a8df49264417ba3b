// Status objects.

#include "operator/kube_fake/answer.h"

#include <nlohmann/json.hpp>

#include "operator/kube/json.h"

namespace moldau::kube_fake {

Answer answer_with(int status, const nlohmann::json& body) { return {.status = status, .body = kube::json_text(body)}; }

Answer refuse(int status, std::string_view reason, const std::string& message, const std::vector<RefusalCause>& causes) {
    nlohmann::json body{{"kind", "Status"},    {"apiVersion", "v1"}, {"metadata", nlohmann::json::object()},
                        {"status", "Failure"}, {"message", message}, {"reason", reason},
                        {"code", status}};
    for (const auto& cause : causes) {
        body["details"]["causes"].push_back({{"reason", cause.reason}, {"field", cause.field}, {"message", cause.message}});
    }
    return answer_with(status, body);
}

}  // namespace moldau::kube_fake
