// The snapshot of one Cluster, and what is remembered between its decisions.
//
// The problem: a decision is made from values alone, but some of them are only known after asking or trying: verdicts of the
// broker, refusals, an object of somebody else that bears a wanted name, a namespace that is going. The idea: a memory per
// Cluster beside the stores, from which, with the stores and the link, the snapshot is put together anew each time.
// Place: read by the Cluster's step before each decision, written after each action.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "operator/decide/snapshot.h"
#include "operator/observe/broker_link.h"
#include "operator/observe/kinds.h"

namespace moldau::observe {

// Between the decisions about one Cluster. In memory alone: after a restart everything is asked and tried once more.
struct ClusterMemory {
    decide::Refusals refusals;
    std::map<std::int32_t, decide::Answer<broker_api::StopVerdict>> verdicts;
    std::map<std::int32_t, decide::Answer<broker_api::StopProgress>> progress;
    // Objects without our label that bear wanted names, as they were when one of them was to be made; believed for a while.
    struct Stranger {
        decide::Owned owned;
        WallTime until;
    };
    std::vector<Stranger> strangers;
    // Nodes of which the API server itself said that they do not exist, and until when that is believed.
    std::map<std::string, WallTime> gone_nodes;
    Uuid incarnation;  // of the broker that answered last

    bool has_met(const kube::Resource& resource, const kube::ObjectKey& object) const;
    void lose_node(const std::string& node, WallTime now);
    void meet(decide::Owned stranger, WallTime now);
};

// Thread: the loop's.
class ClusterObserver {
public:
    ClusterObserver(const Kinds& kinds, specs::Environment environment)
        : kinds_(kinds), environment_(std::move(environment)) {}

    // nullopt when there is no such Cluster. `link` may be null.
    std::optional<decide::ClusterSnapshot> observe(const kube::ObjectKey& key, ClusterMemory& memory, const BrokerLink* link,
                                                   WallTime now) const;

    // Nodes that the Cluster's pods or claims name and that the store does not have, nor the memory: ask the API server.
    std::vector<std::string> missing_nodes(const decide::ClusterSnapshot& snapshot) const;

    // An object could not be made in `ns`, because it is being deleted; believed for a while.
    void namespace_ends(const std::string& ns, WallTime now) { ending_[ns] = now; }
    decide::NamespaceState state_of(const std::string& ns, WallTime now) const;

private:
    std::vector<decide::Owned> owned(const kube::ObjectKey& key, ClusterMemory& memory, WallTime now) const;
    std::vector<decide::Claim> claims(const std::string& cluster) const;
    std::vector<decide::Node> nodes(const decide::ClusterSnapshot& snapshot, ClusterMemory& memory, WallTime now) const;
    specs::Environment environment(const BrokerLink* link) const;

    const Kinds& kinds_;
    specs::Environment environment_;
    std::map<std::string, WallTime> ending_;
};

}  // namespace moldau::observe
