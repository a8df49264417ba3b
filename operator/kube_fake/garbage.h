// What kube-controller-manager does after a deletion: dependents go, orphans are let go of, namespaces empty themselves.

#pragma once

#include <cstddef>

#include "base/time.h"
#include "operator/kube_fake/object_store.h"

namespace moldau::kube_fake {

// One pass; returns how many objects it deleted or changed. Repeat until it returns 0.
std::size_t collect_garbage(ObjectStore& store, WallTime now);

}  // namespace moldau::kube_fake
