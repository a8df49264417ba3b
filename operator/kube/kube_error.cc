// Reading Status objects, and what stands in their place.

#include "operator/kube/kube_error.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "operator/kube/json.h"

namespace moldau::kube {
namespace {

constexpr std::size_t kCausesMax = 32;
constexpr std::size_t kMessageMax = 4'096;
constexpr std::size_t kNonsenseMax = 200;
constexpr std::int64_t kRetryAfterMaxSeconds = 3'600;

struct Row {
    Reason reason;
    std::string_view name;
    int http_status;
    Errc code;
};

// The first row of a status is what a bare status means.
constexpr std::array kRows{
    Row{Reason::kBadRequest, "BadRequest", 400, Errc::kInvalidRequest},
    Row{Reason::kUnauthorized, "Unauthorized", 401, Errc::kClusterAuthorizationFailed},
    Row{Reason::kForbidden, "Forbidden", 403, Errc::kClusterAuthorizationFailed},
    Row{Reason::kNotFound, "NotFound", 404, Errc::kNotFound},
    Row{Reason::kMethodNotAllowed, "MethodNotAllowed", 405, Errc::kInvalidRequest},
    Row{Reason::kConflict, "Conflict", 409, Errc::kInvalidUpdateVersion},
    Row{Reason::kAlreadyExists, "AlreadyExists", 409, Errc::kDuplicateResource},
    Row{Reason::kGone, "Gone", 410, Errc::kNotFound},
    Row{Reason::kExpired, "Expired", 410, Errc::kNotFound},
    Row{Reason::kTooLarge, "RequestEntityTooLarge", 413, Errc::kLimitExceeded},
    Row{Reason::kUnsupportedMediaType, "UnsupportedMediaType", 415, Errc::kInvalidRequest},
    Row{Reason::kInvalid, "Invalid", 422, Errc::kInvalidRequest},
    Row{Reason::kTooManyRequests, "TooManyRequests", 429, Errc::kBusy},
    Row{Reason::kInternalError, "InternalError", 500, Errc::kUnknownServerError},
    Row{Reason::kServerTimeout, "ServerTimeout", 500, Errc::kTimedOut},
    Row{Reason::kServiceUnavailable, "ServiceUnavailable", 503, Errc::kBrokerNotAvailable},
    Row{Reason::kTimeout, "Timeout", 504, Errc::kTimedOut},
};

Row row_for(std::string_view name, int http_status) {
    const auto named = std::ranges::find(kRows, name, &Row::name);
    if (named != kRows.end()) return *named;
    const auto bare = std::ranges::find(kRows, http_status, &Row::http_status);
    if (bare != kRows.end()) return *bare;
    return {Reason::kUnknown, "Unknown", http_status, Errc::kUnknownServerError};
}

std::optional<Millis> seconds_in(std::string_view text) {
    std::int64_t seconds = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (fault != std::errc{} || end != text.data() + text.size() || seconds < 0) return std::nullopt;
    return std::chrono::seconds{std::min(seconds, kRetryAfterMaxSeconds)};
}

std::string bounded(std::string text, std::size_t most) {
    if (text.size() > most) text = text.substr(0, most) + "...";
    return text;
}

std::vector<Cause> causes_in(const nlohmann::json& status) {
    std::vector<Cause> causes;
    const auto* found = json_find(status, "/details/causes");
    if (found == nullptr || !found->is_array()) return causes;
    for (const auto& entry : *found) {
        if (causes.size() == kCausesMax) break;
        causes.push_back({.reason = bounded(json_string(entry, "/reason"), kMessageMax),
                          .field = bounded(json_string(entry, "/field"), kMessageMax),
                          .message = bounded(json_string(entry, "/message"), kMessageMax)});
    }
    return causes;
}

std::optional<Millis> retry_after_in(const nlohmann::json& status) {
    const auto* found = json_find(status, "/details/retryAfterSeconds");
    if (found == nullptr || !found->is_number_integer()) return std::nullopt;
    const auto seconds = found->get<std::int64_t>();
    if (seconds <= 0) return std::nullopt;
    return std::chrono::seconds{std::min(seconds, kRetryAfterMaxSeconds)};
}

// A Status in an ERROR event of a watch has its code inside, under a 200.
int code_in(const nlohmann::json& status, int http_status) {
    const auto* found = json_find(status, "/code");
    if (http_status >= 300 || found == nullptr || !found->is_number_integer()) return http_status;
    const auto code = found->get<std::int64_t>();
    return code >= 100 && code <= 599 ? static_cast<int>(code) : http_status;
}

}  // namespace

std::string_view reason_name(Reason reason) {
    const auto found = std::ranges::find(kRows, reason, &Row::reason);
    if (found != kRows.end()) return found->name;
    return reason == Reason::kNone ? "None" : "Unknown";
}

bool KubeError::is_transient() const {
    switch (reason) {
        case Reason::kNone:
            return code == Errc::kClosed || code == Errc::kTimedOut || code == Errc::kIo || code == Errc::kBusy;
        case Reason::kTooManyRequests:
        case Reason::kTimeout:
        case Reason::kServerTimeout:
        case Reason::kInternalError:
        case Reason::kServiceUnavailable:
            return true;
        default:
            return http_status >= 500;
    }
}

KubeError parse_status(int http_status, std::string_view body, std::string_view retry_after_header, std::string_view what) {
    KubeError error;
    error.retry_after = seconds_in(retry_after_header);
    std::string reason;
    const auto status = parse_json(body);
    if (status && json_string(*status, "/kind") == "Status") {
        http_status = code_in(*status, http_status);
        reason = json_string(*status, "/reason");
        error.message = bounded(json_string(*status, "/message"), kMessageMax);
        error.causes = causes_in(*status);
        if (!error.retry_after) error.retry_after = retry_after_in(*status);
    } else {
        error.message = bounded(std::string(body), kNonsenseMax);
    }
    const auto row = row_for(reason, http_status);
    error.http_status = http_status;
    error.reason = row.reason;
    error.code = row.code;
    error.context = std::string(what) + ": " + std::to_string(http_status) + " " +
                    std::string(row.reason == Reason::kUnknown && !reason.empty() ? bounded(reason, kNonsenseMax)
                                                                                  : std::string(row.name));
    if (!error.message.empty()) error.context += ": " + error.message;
    return error;
}

}  // namespace moldau::kube
