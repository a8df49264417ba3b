// One step of a Cluster: observe, decide, carry out, and look again while that changed something.

#pragma once

#include <map>

#include "operator/apply/hands.h"
#include "operator/controller/reconciler.h"
#include "operator/decide/decision.h"
#include "operator/observe/cluster_observer.h"
#include "operator/observe/links.h"

namespace moldau::app {

// Told when something that is not the Cluster's own business happened.
struct ClusterStepEvents {
    std::function<void(const kube::ObjectKey& cluster)> gone;
    // Another process of its broker answers.
    std::function<void(const kube::ObjectKey& cluster)> broker_replaced;
};

// Lifetime: outlives its steps. Thread: the loop's.
class ClusterStep final : public controller::Reconciler {
public:
    ClusterStep(loop::Loop& loop, apply::Hands hands, observe::ClusterObserver& observer, observe::Links& links,
                ClusterStepEvents events)
        : loop_(loop), hands_(std::move(hands)), observer_(observer), links_(links), events_(std::move(events)) {}

    Task<controller::Outcome> reconcile(controller::Key key) override;

private:
    // What a round came to: nullopt when it changed something and another one is due.
    using Round = std::optional<controller::Outcome>;

    Task<Round> round(controller::Key key);
    Task<std::optional<decide::ClusterSnapshot>> look(controller::Key key);
    void link_up(const decide::ClusterSnapshot& snapshot, observe::ClusterMemory& memory);
    Task<void> confirm_nodes(controller::Key key, decide::ClusterSnapshot& snapshot);
    Task<bool> ask(controller::Key key, const decide::Decision& decision);
    Task<Round> carry_out(controller::Key key, std::vector<decide::Action> actions);
    Round settle(const controller::Key& key, const decide::Action& action, apply::Carried carried);
    Round settle_error(const controller::Key& key, const decide::Action& action, const kube::KubeError& error);
    void forget(const controller::Key& key);

    loop::Loop& loop_;
    apply::Hands hands_;
    observe::ClusterObserver& observer_;
    observe::Links& links_;
    ClusterStepEvents events_;
    std::map<controller::Key, observe::ClusterMemory> memories_;
};

}  // namespace moldau::app
