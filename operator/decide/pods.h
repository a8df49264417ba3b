// What a pod's state amounts to.

#pragma once

#include <optional>
#include <string>

#include "operator/decide/draft.h"

namespace moldau::decide {

// The pod of an ordinal, or null. One that belongs to another StatefulSet of the same name, on its way out, counts too.
const Pod* find_pod(const ClusterSnapshot& snapshot, std::int32_t ordinal);
const Claim* find_claim(const ClusterSnapshot& snapshot, std::int32_t ordinal);

enum class NodeFate : std::uint8_t { kAlive, kSilent, kGone };
// kGone: the Node is deleted, or silent and declared out of service: nothing of the pod runs any more.
NodeFate node_fate(const ClusterSnapshot& snapshot, const std::string& node);

struct Trouble {
    api::Row row;
    std::string message;
    // The pod cannot serve unless its spec changes: a change of the spec replaces it without asking anybody.
    bool is_broken = false;
};
// What keeps a pod that is not being deleted from serving, as far as Kubernetes knows; nullopt: nothing but time.
std::optional<Trouble> pod_trouble(const ClusterSnapshot& snapshot, const Pod& pod);

// Its process runs and could be doing work, whatever the probes say.
bool may_run(const Pod& pod);

}  // namespace moldau::decide
