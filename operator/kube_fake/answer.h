// What the fake answers with: a status and a JSON body, and Status objects for refusals.

#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace moldau::kube_fake {

struct Answer {
    int status = 200;
    std::string body;
    std::string retry_after;  // seconds; empty: no such header
};

Answer answer_with(int status, const nlohmann::json& body);

struct RefusalCause {
    std::string reason;
    std::string field;
    std::string message;
};
// A Status as the API server writes it.
Answer refuse(int status, std::string_view reason, const std::string& message, const std::vector<RefusalCause>& causes = {});

}  // namespace moldau::kube_fake
