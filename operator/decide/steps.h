// The steps of a decision about a Cluster, in the order in which decide() takes them. Each looks at the snapshot, orders and
// finds; none waits. Repairs (objects, claims, pods) come before anything that depends on health (settings, rollout).

#pragma once

#include "operator/decide/draft.h"

namespace moldau::decide {

enum class StopGrant : std::uint8_t { kGranted, kWaiting };

// May broker `id` be stopped? Asks, has it prepare, and finds what is waited for. kGranted only for a broker that says that
// it is prepared, or of which nothing runs.
StopGrant ask_grant(Draft& draft, const Pod& pod);

// The finalizer is there exactly when claims are to be deleted with the Cluster.
void keep_finalizer(Draft& draft);
// Grows claims; finds what is wrong with them. Never deletes any.
void check_claims(Draft& draft);
// Makes, corrects and removes the owned objects. The StatefulSet keeps its number of pods until each of those that go is
// granted.
void keep_objects(Draft& draft, const specs::Built& built, const specs::Inputs& inputs);
// Removes pods that cannot come back by themselves; finds what keeps pods from serving.
void repair_pods(Draft& draft);
// Settings that count at once.
void apply_settings(Draft& draft, const specs::Settings& settings);
// Replaces pods of an old revision, one at a time.
void roll_pods(Draft& draft);
// The Cluster is being deleted: lets pods go, then claims if the policy says so, then the finalizer.
void take_down(Draft& draft);

// Everything that a status has, conditions of `draft` included.
api::ClusterStatus next_status(const Draft& draft, const specs::Addresses& addresses);

}  // namespace moldau::decide
