// What a work queue holds: the namespace and name of an object of the controller's kind.

#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "operator/kube/object.h"

namespace moldau::controller {

using Key = kube::ObjectKey;

struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
        const std::hash<std::string> hash;
        return hash(key.ns) * 31 + hash(key.name);
    }
};

}  // namespace moldau::controller
