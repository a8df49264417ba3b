// One step of many Topics of one Cluster: observe, decide, carry out together, and look again at those that changed.

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "operator/apply/hands.h"
#include "operator/controller/batch_controller.h"
#include "operator/decide/topics.h"
#include "operator/observe/cluster_observer.h"
#include "operator/observe/links.h"
#include "operator/observe/topic_book.h"

namespace moldau::app {

// Lifetime: outlives its steps. Thread: the loop's.
class TopicsStep final : public controller::BatchReconciler {
public:
    TopicsStep(loop::Loop& loop, apply::Hands hands, observe::ClusterObserver& observer, observe::Links& links,
               observe::TopicBook& book)
        : loop_(loop), hands_(std::move(hands)), observer_(observer), links_(links), book_(book) {}

    Task<std::vector<controller::Outcome>> reconcile(controller::Key cluster, std::vector<controller::Key> keys) override;

private:
    using Outcomes = std::map<controller::Key, controller::Outcome>;
    // The state of one call.
    struct Step {
        controller::Key cluster;
        Outcomes outcomes;
        std::set<controller::Key> changed;  // those to be looked at again
    };

    decide::TopicsSnapshot look(const controller::Key& cluster, const std::vector<controller::Key>& keys);
    Task<void> carry_out(Step& step, std::vector<decide::Action> actions);
    Task<void> order(Step& step, const decide::Action& action);
    Task<void> write_all(Step& step, std::vector<decide::Action> actions);
    Task<void> write_in_order(Step& step, controller::Key key, std::vector<decide::Action> actions);
    void record(Step& step, const decide::Action& action, const broker_api::TopicResults& results);
    void fail_all(Step& step, const std::vector<controller::Key>& keys, const kube::KubeError& error);
    void settle(Step& step, const controller::Key& key, const decide::Action& action, const apply::Carried& carried);

    loop::Loop& loop_;
    apply::Hands hands_;
    observe::ClusterObserver& observer_;
    observe::Links& links_;
    observe::TopicBook& book_;
};

}  // namespace moldau::app
