// By the controlling owner reference first, by labels where there is none.

#include "operator/decide/ownership.h"

#include "operator/specs/names.h"

namespace moldau::decide {

Owner owner_of(const api::Cluster& cluster, const kube::Object& object) {
    if (const auto controller = object.controller()) {
        if (controller->uid == cluster.metadata.uid) return Owner::kUs;
        const bool same_name = controller->kind == "Cluster" && controller->api_version.starts_with("moldau.dev/") &&
                               controller->name == cluster.metadata.key.name;
        return same_name ? Owner::kEarlier : Owner::kSomebodyElse;
    }
    const bool made_by_us = object.label(specs::kManagedByLabel) == specs::kManagedBy &&
                            object.label(specs::kClusterLabel) == cluster.metadata.key.name;
    return made_by_us ? Owner::kNobodyLeft : Owner::kSomebodyElse;
}

}  // namespace moldau::decide
