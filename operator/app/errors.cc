// Sorting errors.

#include "operator/app/errors.h"

#include <algorithm>

namespace moldau::app {

bool is_refusal(const kube::KubeError& error) {
    using enum kube::Reason;
    switch (error.reason) {
        case kBadRequest:
        case kForbidden:
        case kInvalid:
        case kNotFound:
        case kTooLarge:
        case kMethodNotAllowed:
        case kUnsupportedMediaType:
            return true;
        default:
            return false;
    }
}

bool is_namespace_ending(const kube::KubeError& error) {
    return error.is_forbidden() && std::ranges::any_of(error.causes, [](const kube::Cause& cause) {
               return cause.reason == "NamespaceTerminating";
           });
}

bool is_outdated(const kube::KubeError& error) { return error.is_conflict() || error.is_already_exists(); }

}  // namespace moldau::app
