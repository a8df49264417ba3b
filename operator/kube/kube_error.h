// Why the API server, or the way to it, did not do what was asked.
//
// The problem: callers decide by Kubernetes' own words (conflict, gone, already exists, retry after), while the rest of the
// code knows `Error`. The idea: a KubeError is an `Error` with the parsed Status (k8s.io API conventions) beside it; it
// converts both ways, so that MOLDAU_CO_TRY works in coroutines of either kind.

#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace moldau::kube {

// Status.reason, or derived from the HTTP code when the server gave none that we know.
enum class Reason : std::uint8_t {
    kNone,  // no answer: the connection failed, timed out or was cancelled; `code` of Error says which
    kUnknown,
    kBadRequest,
    kUnauthorized,
    kForbidden,
    kNotFound,
    kAlreadyExists,
    kConflict,
    kGone,     // 410
    kExpired,  // 410: resource version or continue token too old
    kInvalid,  // 422
    kTooLarge,
    kMethodNotAllowed,
    kUnsupportedMediaType,
    kTooManyRequests,
    kTimeout,
    kServerTimeout,
    kInternalError,
    kServiceUnavailable,
};
std::string_view reason_name(Reason reason);

// One entry of Status.details.causes.
struct Cause {
    std::string reason;
    std::string field;
    std::string message;
    bool operator==(const Cause&) const = default;
};

struct KubeError : Error {
    Reason reason = Reason::kNone;
    int http_status = 0;                // 0 without an answer
    std::string message;                // the server's own sentence
    std::optional<Millis> retry_after;  // from the header or from details.retryAfterSeconds
    std::vector<Cause> causes;          // at most 32

    KubeError() = default;
    KubeError(Error error) : Error(std::move(error)) {}  // NOLINT(google-explicit-constructor): converts both ways

    bool is_not_found() const { return reason == Reason::kNotFound; }
    bool is_conflict() const { return reason == Reason::kConflict; }
    bool is_already_exists() const { return reason == Reason::kAlreadyExists; }
    bool is_gone() const { return reason == Reason::kGone || reason == Reason::kExpired; }
    bool is_invalid() const { return reason == Reason::kInvalid; }
    bool is_forbidden() const { return reason == Reason::kForbidden; }
    // The request may not have reached the server at all, or the server said to come again.
    bool is_transient() const;
};

template <class T>
using KubeResult = std::expected<T, KubeError>;

// `body` is a Status, or anything: nonsense gives the reason from `http_status` and the first 200 characters as the message.
// `retry_after_header` is in seconds and may be empty. `what` says what was asked: "apply statefulsets.apps default/a".
KubeError parse_status(int http_status, std::string_view body, std::string_view retry_after_header, std::string_view what);

}  // namespace moldau::kube

namespace moldau {
inline std::unexpected<kube::KubeError> fail(kube::KubeError error) { return std::unexpected(std::move(error)); }
}  // namespace moldau
