// Steps of many Topics, put into batches.

#include <iterator>

#include "operator/decide/topic_step.h"
#include "operator/decide/topics.h"

namespace moldau::decide {
namespace {

Target target_of(const api::Topic& topic) {
    return {.resource = kube::resources::topics(),
            .key = topic.metadata.key,
            .uid = topic.metadata.uid,
            .resource_version = topic.metadata.resource_version};
}

// Entries of one kind of order, in batches of kTopicsBatchMax.
template <class Batch>
class Batches {
public:
    explicit Batches(const TopicsCluster& cluster)
        : expected_{.cluster_id = cluster.cluster_id, .metadata_epoch = cluster.metadata_epoch} {}

    template <class Entry>
    void add(Entry entry, const api::Topic& topic) {
        if (list_.empty() || list_.back().resources.size() == kTopicsBatchMax) {
            list_.emplace_back();
            list_.back().order.expected = expected_;
            if constexpr (requires { list_.back().order.bad_configs; }) {
                list_.back().order.bad_configs = broker_api::BadConfigs::kLeaveOut;
            }
        }
        list_.back().order.topics.push_back(std::move(entry));
        list_.back().resources.push_back(topic.metadata.key);
    }
    void move_to(std::vector<Action>& actions) { std::ranges::move(list_, std::back_inserter(actions)); }

private:
    broker_api::Expected expected_;
    std::vector<Batch> list_;
};

}  // namespace

TopicsDecision decide_topics(const TopicsSnapshot& snapshot, WallTime now) {
    TopicsDecision decision;
    Batches<CreateTopics> creations{snapshot.cluster};
    Batches<AlterTopics> alterations{snapshot.cluster};
    Batches<DeleteTopics> deletions{snapshot.cluster};
    std::vector<Action> last;
    for (const auto& view : snapshot.topics) {
        const auto& topic = *view.topic;
        auto step = decide_topic(view, snapshot, now);
        if (step.finalizer == FinalizerOrder::kAdd) decision.actions.emplace_back(AddFinalizer{target_of(topic)});
        if (step.finalizer == FinalizerOrder::kRemove) last.emplace_back(RemoveFinalizer{target_of(topic)});
        if (step.create) creations.add(*std::move(step.create), topic);
        if (step.alter) alterations.add(*std::move(step.alter), topic);
        if (step.remove) deletions.add(*std::move(step.remove), topic);
        if (step.status) last.emplace_back(UpdateStatus{kube::resources::topics(), api::status_object(topic, *step.status)});
        std::ranges::move(step.events, std::back_inserter(last));
        if (step.requeue_after) decision.requeue_after.emplace_back(topic.metadata.key, *step.requeue_after);
    }
    deletions.move_to(decision.actions);
    creations.move_to(decision.actions);
    alterations.move_to(decision.actions);
    std::ranges::move(last, std::back_inserter(decision.actions));
    return decision;
}

}  // namespace moldau::decide
