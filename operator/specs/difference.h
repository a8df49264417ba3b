// Is an object as it was applied? Without asking the API server, because a request that changes nothing is one too many.

#pragma once

#include "operator/kube/object.h"

namespace moldau::specs {

// Another version was applied last, or somebody changed a field of `desired` since. Fields that `desired` does not have are
// the business of others: defaults, status, and what people or controllers added.
bool needs_apply(const kube::Object& live, const kube::Object& desired);

// Of a StatefulSet: a field differs that cannot be changed (claims, Service, selector, pod management).
bool needs_recreation(const kube::Object& live_set, const kube::Object& desired_set);
// `desired_set` with what `live_set` has in those fields and in its number of pods: what can be applied to it.
kube::Object with_fixed_fields(const kube::Object& live_set, const kube::Object& desired_set);
// Of a Service: the class of its load balancer differs, which cannot be changed.
bool needs_new_service(const kube::Object& live_service, const kube::Object& desired_service);

// Every value of `desired` is in `live`. Lists of named entries are compared by name, others entry by entry; quantities by
// their amount. What is empty, false or 0 may be absent: the API server drops it.
bool covers(const nlohmann::json& live, const nlohmann::json& desired);

}  // namespace moldau::specs
