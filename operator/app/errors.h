// What an error of a write means for what was written.

#pragma once

#include "operator/kube/kube_error.h"

namespace moldau::app {

// Repeating the same request would meet the same answer: the request, or our rights, must change first.
bool is_refusal(const kube::KubeError& error);
// Nothing new can be made in the namespace, because it is being deleted.
bool is_namespace_ending(const kube::KubeError& error);
// Somebody else was faster: the next look sees what is.
bool is_outdated(const kube::KubeError& error);

}  // namespace moldau::app
