// Who owns which field: enough of server-side apply to give conflicts, to give up fields, and to see that nothing changed.
//
// The idea: an object is a set of leaves, each with a path; lists that Kubernetes merges by a key (containers, env, ports,
// conditions, ...) are paths through "{name=a}", all other lists are one leaf. A manager owns the leaves that it applied or
// changed. Place: pure functions on JSON, used by writes.h. Not modelled: schemas of CRDs (their lists are atomic), unions,
// defaulting.

#pragma once

#include <compare>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace moldau::kube_fake {

using FieldSet = std::set<std::string>;

struct ManagerKey {
    std::string manager;
    std::string operation;  // "Apply" or "Update"
    std::string subresource;
    auto operator<=>(const ManagerKey&) const = default;
};
using Ownership = std::map<ManagerKey, FieldSet>;

// The leaves of `object` that can be owned: all but identity (apiVersion, kind, name, namespace) and what the server sets.
FieldSet owned_leaves(const nlohmann::json& object);

struct FieldConflict {
    std::string field;
    std::string manager;
};
// The fields that `applied` would change although others own them.
std::vector<FieldConflict> find_conflicts(const nlohmann::json& live, const nlohmann::json& applied, const Ownership& owners,
                                          const ManagerKey& by);

// Carries out an apply: sets what is in `applied`, removes what `by` applied before and does not any more, takes fields from
// others whose value changes.
void apply_fields(nlohmann::json& live, const nlohmann::json& applied, Ownership& owners, const ManagerKey& by);

// After an update from `before` to `after`: what changed belongs to `by`.
void own_changes(const nlohmann::json& before, const nlohmann::json& after, Ownership& owners, const ManagerKey& by);

}  // namespace moldau::kube_fake
