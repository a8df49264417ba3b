// The decision about a Cluster: what to do now, what to ask, and when to look again.
//
// The idea: level-triggered. A decision depends on the snapshot and the time alone; whatever happens in between, the next
// one starts from what is. Nothing waits: a wait is a condition in the status with its reason, and `requeue_after`.

#pragma once

#include <optional>
#include <set>
#include <vector>

#include "operator/decide/action.h"
#include "operator/decide/snapshot.h"

namespace moldau::decide {

struct Decision {
    // In the order in which they are to be carried out. UpdateStatus and EmitEvent come last.
    std::vector<Action> actions;
    // Brokers to be asked whether they may stop; the answers belong in BrokerAnswers::verdicts and the next decision.
    std::set<std::int32_t> ask_may_stop;
    // Brokers whose preparation is under way: ask how far it is.
    std::set<std::int32_t> ask_progress;
    // Look again then at the latest, even if nothing is seen to change. nullopt: when something changes.
    std::optional<Millis> requeue_after;
};

// Pure. Invariants: at most one disruptive action; claims are deleted only of a Cluster that is being deleted and whose
// policy says Delete; no action when everything is as the spec says.
Decision decide(const ClusterSnapshot& snapshot, WallTime now);

}  // namespace moldau::decide
