// One Topic: whose topic it is, what differs, what to say.

#include "operator/decide/topic_step.h"

#include <fmt/format.h>

#include <algorithm>

#include "operator/decide/draft.h"
#include "operator/decide/topic_orders.h"

namespace moldau::decide {
namespace {

using api::Row;
using Event = TopicMemory::Event;

// So long an unreachable broker is only restarting, and ten thousand statuses need not say so.
constexpr Millis kSilence{15'000};

bool wants_finalizer(const api::Topic& topic) {
    return topic.spec.managed == api::Managed::kYes && topic.spec.deletion_policy == api::DeletionPolicy::kDelete;
}

// Lifetime: one call of decide_topic().
class Step {
public:
    Step(const TopicView& view, const TopicsSnapshot& snapshot, WallTime now)
        : view_(view), topic_(*view.topic), snapshot_(snapshot), now_(now), next_(topic_.status) {}

    TopicStep take() {
        if (topic_.metadata.deleting) {
            take_down();
        } else if (snapshot_.ns == NamespaceState::kTerminating) {
            let_go();
        } else if (!is_barred()) {
            keep();
        }
        return std::move(step_);
    }

private:
    // Ends what the last status said, in favour of one finding.
    void say(Row row, std::string message = {}) {
        find(row, std::move(message));
        finish();
    }
    void find(Row row, std::string message = {}) { findings_.push_back({.row = row, .message = std::move(message)}); }

    void tell(api::EventRow event, std::string message = {}) {
        const auto& row = api::row(event);
        step_.events.push_back(
            make_event(std::string{row.reason}, row.severity, message.empty() ? std::string{row.text} : std::move(message)));
    }
    EmitEvent make_event(std::string reason, api::Severity severity, std::string message) const {
        return {.resource = kube::resources::topics(),
                .key = topic_.metadata.key,
                .uid = topic_.metadata.uid,
                .reason = std::move(reason),
                .severity = severity,
                .message = std::move(message)};
    }
    void requeue(Millis after) {
        after = std::max(after, Millis{100});
        step_.requeue_after = std::min(step_.requeue_after.value_or(after), after);
    }
    void let_go() {
        if (topic_.metadata.has_finalizer) step_.finalizer = FinalizerOrder::kRemove;
    }

    // The refusal of this very order, while it is too early to try it again.
    const Refusal* held(const std::string& order_fingerprint) {
        const auto& refusal = view_.memory.order;
        if (!refusal || refusal->fingerprint != order_fingerprint || refusal->retry_at <= now_) return nullptr;
        requeue(refusal->retry_at - now_);
        return &*refusal;
    }

    bool has_id(const std::string& id) const { return view_.actual && view_.actual->id.value.to_string() == id; }
    bool is_made_by_us() const {
        const auto& last = topic_.status.topic_id;
        return (!last.empty() && has_id(last)) || has_id(api::topic_id_after(topic_.metadata.uid, last).to_string());
    }

    // Reasons for which the topic is not even looked at.
    bool is_barred();
    void keep();
    void watch();
    void create();
    void align();
    std::vector<broker_api::ConfigChange> config_changes();
    void wait_for_broker();
    void take_down();
    void remove();
    void finish();
    void set_actual();
    void tell_orders();
    std::vector<api::Condition> conditions() const;

    const TopicView& view_;
    const api::Topic& topic_;
    const TopicsSnapshot& snapshot_;
    WallTime now_;
    api::TopicStatus next_;
    std::vector<api::Finding> findings_;
    TopicStep step_;
};

bool Step::is_barred() {
    if (!topic_.is_valid()) {
        std::string text;
        for (const auto& fault : topic_.faults) add_sentence(text, fault);
        return say(Row::kTopicInvalidSpec, text), true;
    }
    const auto& cluster = snapshot_.cluster;
    if (cluster.state == TopicsCluster::State::kMissing) return say(Row::kTopicClusterNotFound), true;
    if (cluster.state == TopicsCluster::State::kDeleting) {
        return say(Row::kTopicClusterNotReady, "the Cluster is being deleted"), true;
    }
    if (!view_.older_rival.empty() && topic_.spec.managed == api::Managed::kYes) {
        next_.topic_id.clear();
        return say(Row::kTopicConflict,
                   fmt::format("Topic {} is older and stands for topic {}", view_.older_rival, topic_.spec.name)),
               true;
    }
    if (cluster.pause == api::Pause::kPaused) return say(Row::kTopicPaused), true;
    if (cluster.topics == TopicsCluster::Topics::kKnown) return false;
    return wait_for_broker(), true;
}

void Step::wait_for_broker() {
    const auto left = kSilence - (now_ - snapshot_.cluster.since);
    if (left > Millis{0}) return requeue(left);
    const bool unreachable = snapshot_.cluster.topics == TopicsCluster::Topics::kUnreachable;
    say(unreachable ? Row::kTopicBrokerUnreachable : Row::kTopicClusterNotReady, snapshot_.cluster.why);
}

void Step::keep() {
    if (topic_.spec.managed == api::Managed::kWatchOnly) return watch();
    if (view_.actual && view_.actual->kind == broker_api::Topic::Kind::kInternal) return say(Row::kTopicReserved);
    const bool adopts = topic_.spec.adopt == api::Adopt::kYes;
    if (view_.actual && !is_made_by_us() && !adopts) {
        next_.topic_id.clear();
        let_go();
        return say(Row::kTopicNotAdopted);
    }
    if (!wants_finalizer(topic_)) let_go();
    if (wants_finalizer(topic_) && !topic_.metadata.has_finalizer) step_.finalizer = FinalizerOrder::kAdd;
    if (view_.actual) return align();
    // Stored before the topic is made, so that no crash leaves a topic that nobody deletes.
    if (step_.finalizer != FinalizerOrder::kAdd) create();
}

void Step::watch() {
    let_go();
    if (!view_.actual) {
        next_.topic_id.clear();
        next_.partitions.reset();
        next_.replication_factor.reset();
        return say(Row::kTopicMissing);
    }
    if (!has_id(next_.topic_id)) next_.topic_id.clear();
    set_actual();
    say(Row::kTopicWatched);
}

void Step::create() {
    broker_api::NewTopic order{.name = topic_.spec.name, .partitions = topic_.spec.partitions};
    if (const auto& factor = topic_.spec.replication_factor) {
        order.replication_factor = static_cast<std::int16_t>(*factor);
    }
    order.configs = {topic_.spec.config.begin(), topic_.spec.config.end()};
    order.id = TopicId{api::topic_id_after(topic_.metadata.uid, topic_.status.topic_id)};
    if (const auto* refusal = held(topic_fingerprint(order))) return say(Row::kTopicRefused, refusal->message);
    step_.create = std::move(order);
}

// What differs in settings, but for what the broker refused to take; those are found.
std::vector<broker_api::ConfigChange> Step::config_changes() {
    std::vector<broker_api::ConfigChange> changes;
    for (const auto& [name, value] : topic_.spec.config) {
        const auto found = view_.actual->configs.find(name);
        const bool same = found != view_.actual->configs.end() && same_config_value(found->second, value);
        if (!same) changes.push_back({.name = name, .value = value});
    }
    for (const auto& [name, value] : view_.actual->configs) {
        if (!topic_.spec.config.contains(name)) changes.push_back({.name = name});
    }
    std::string refused;
    std::erase_if(changes, [&](const broker_api::ConfigChange& change) {
        const auto found = view_.memory.by_config.find(change.name);
        if (found == view_.memory.by_config.end() || found->second.fingerprint != change_fingerprint(change)) return false;
        add_sentence(refused, fmt::format("{}: {}", change.name, found->second.message));
        return true;
    });
    if (!refused.empty()) {
        find(Row::kTopicConfigNotApplied, refused);
        find(Row::kTopicConfigRejected, refused);
    }
    return changes;
}

void Step::align() {
    const auto& actual = *view_.actual;
    const auto& spec = topic_.spec;
    broker_api::TopicAlteration order{.name = spec.name, .expected_id = actual.id, .configs = config_changes()};
    if (spec.partitions && *spec.partitions > actual.partitions) order.partitions = spec.partitions;
    if (order.partitions) {
        if (const auto* refusal = held(topic_fingerprint(order))) {
            find(Row::kTopicRefused, refusal->message);
            order.partitions.reset();
        }
    }
    if (order.partitions || !order.configs.empty()) {
        if (const auto* refusal = held(topic_fingerprint(order))) return say(Row::kTopicRefused, refusal->message);
        step_.alter = std::move(order);
        return;
    }
    if (spec.partitions && *spec.partitions < actual.partitions) {
        find(Row::kTopicPartitionsShrink, fmt::format("the topic has {} partitions", actual.partitions));
    }
    if (spec.replication_factor && *spec.replication_factor != actual.replication_factor) {
        find(Row::kTopicReplicationDiffers, fmt::format("the topic has {} replicas", actual.replication_factor));
    }
    if (actual.state != broker_api::Topic::State::kOnline) {
        find(Row::kTopicOffline, fmt::format("{} partitions are offline", actual.partitions_offline));
    }
    if (!is_made_by_us()) tell(api::EventRow::kEventTopicAdopted);
    tell_orders();
    next_.topic_id = actual.id.value.to_string();
    set_actual();
    find(Row::kTopicReady);
    find(Row::kTopicConfigApplied);
    finish();
}

void Step::set_actual() {
    next_.cluster_id = snapshot_.cluster.cluster_id;
    next_.partitions = view_.actual->partitions;
    next_.replication_factor = view_.actual->replication_factor;
}

void Step::tell_orders() {
    const auto& last = topic_.status.topic_id;
    switch (view_.memory.event) {
        case Event::kNone:
            return;
        case Event::kCreated:
            return tell(last.empty() || has_id(last) ? api::EventRow::kEventTopicCreated
                                                     : api::EventRow::kEventTopicRecreated);
        case Event::kGrown:
            return tell(api::EventRow::kEventTopicGrown,
                        fmt::format("the topic has {} partitions", view_.actual->partitions));
        case Event::kAltered:
            return tell(api::EventRow::kEventTopicAltered);
    }
}

void Step::take_down() {
    if (!topic_.metadata.has_finalizer) return;
    const auto& cluster = snapshot_.cluster;
    if (snapshot_.ns == NamespaceState::kTerminating || cluster.state != TopicsCluster::State::kPresent) return let_go();
    if (!topic_.is_valid() || !wants_finalizer(topic_) || !view_.older_rival.empty()) {
        tell(api::EventRow::kEventTopicKept);
        return let_go();
    }
    if (cluster.pause == api::Pause::kPaused) return say(Row::kTopicPaused);
    if (cluster.topics != TopicsCluster::Topics::kKnown) return say(Row::kTopicDeleteWaits, cluster.why);
    remove();
}

void Step::remove() {
    if (!view_.actual || !is_made_by_us()) {
        tell(view_.actual ? api::EventRow::kEventTopicKept : api::EventRow::kEventTopicDeleted);
        return let_go();
    }
    broker_api::TopicDeletion order{.name = topic_.spec.name, .id = view_.actual->id};
    if (const auto* refusal = held(topic_fingerprint(order))) return say(Row::kTopicDeleteRefused, refusal->message);
    step_.remove = std::move(order);
}

// Of each type the last row of the catalogue counts.
std::vector<api::Condition> Step::conditions() const {
    std::vector<api::Finding> counting;
    for (const auto& finding : findings_) {
        const auto same = [&](const api::Finding& other) { return api::row(other.row).type == api::row(finding.row).type; };
        const auto found = std::ranges::find_if(counting, same);
        if (found == counting.end()) {
            counting.push_back(finding);
        } else if (found->row < finding.row) {
            *found = finding;
        }
    }
    std::ranges::sort(counting, {}, &api::Finding::row);
    return api::next_conditions(topic_.status.conditions, counting, topic_.metadata.generation, now_);
}

void Step::finish() {
    next_.observed_generation = topic_.metadata.generation;
    next_.topic_name = topic_.spec.name;
    next_.conditions = conditions();
    for (const auto& warning : api::new_warnings(api::Kind::kTopic, topic_.status.conditions, next_.conditions)) {
        step_.events.push_back(make_event(warning.reason, api::Severity::kWarning, warning.message));
    }
    if (next_ != topic_.status) step_.status = std::move(next_);
}

}  // namespace

TopicStep decide_topic(const TopicView& view, const TopicsSnapshot& snapshot, WallTime now) {
    return Step{view, snapshot, now}.take();
}

}  // namespace moldau::decide
