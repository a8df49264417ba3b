// Whose is an object that bears a name that a Cluster needs?

#pragma once

#include "operator/api/cluster.h"

namespace moldau::decide {

// kNobodyLeft: made for a Cluster of this name and left behind by a deletion with orphans; it may be taken over.
// kEarlier: of a deleted Cluster of this name; the garbage collector is about to remove it.
enum class Owner : std::uint8_t { kUs, kNobodyLeft, kEarlier, kSomebodyElse };

Owner owner_of(const api::Cluster& cluster, const kube::Object& object);

}  // namespace moldau::decide
