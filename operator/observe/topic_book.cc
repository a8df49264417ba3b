// Rows and their places.

#include "operator/observe/topic_book.h"

#include <algorithm>

#include "operator/decide/memory.h"
#include "operator/observe/condition_order.h"

namespace moldau::observe {
namespace {

api::ConditionStatus ready_of(const api::Topic& topic) {
    const auto* ready = api::find_condition(topic.status.conditions, "Ready");
    return ready == nullptr ? api::ConditionStatus::kUnknown : ready->status;
}

}  // namespace

kube::ObjectKey cluster_of(const api::Topic& topic) { return {topic.metadata.key.ns, topic.spec.cluster}; }

std::vector<kube::ObjectKey> TopicBook::take(const informer::Change& change) {
    if (change.kind == informer::ChangeKind::kResync) return {change.key};
    const auto before = remove(change.key);
    std::vector<kube::ObjectKey> affected{change.key};
    const auto add_rivals = [&](const api::Topic& topic) {
        for (auto& key : of_topic(cluster_of(topic), topic.spec.name))
            if (std::ranges::find(affected, key) == affected.end()) affected.push_back(std::move(key));
    };
    if (before) add_rivals(*before);
    if (!change.after) {
        memories_.erase(change.key);
        return affected;
    }
    auto read = api::read_topic(*change.after);
    order_conditions(api::Kind::kTopic, read.status.conditions);
    auto after = std::make_shared<const api::Topic>(std::move(read));
    add_rivals(*after);
    if (before && before->metadata.uid != after->metadata.uid) memories_.erase(change.key);
    add(std::move(after));
    return affected;
}

TopicBook::TopicPlace TopicBook::ByTopic::place(const api::Topic* topic) {
    return {topic->metadata.key.ns, topic->spec.cluster, topic->spec.name, topic->metadata.key.name};
}

void TopicBook::add(TopicPtr topic) {
    by_topic_.insert(topic.get());
    ++ready_[ready_of(*topic)];
    topics_.insert(std::move(topic));
}

TopicBook::TopicPtr TopicBook::remove(const kube::ObjectKey& key) {
    const auto found = topics_.find(key);
    if (found == topics_.end()) return nullptr;
    auto topic = *found;
    by_topic_.erase(topic.get());
    topics_.erase(found);
    --ready_[ready_of(*topic)];
    return topic;
}

std::shared_ptr<const api::Topic> TopicBook::find(const kube::ObjectKey& key) const {
    const auto found = topics_.find(key);
    return found == topics_.end() ? nullptr : *found;
}

std::vector<kube::ObjectKey> TopicBook::of_cluster(const kube::ObjectKey& cluster) const {
    std::vector<kube::ObjectKey> keys;
    const auto is_its = [&](const api::Topic& topic) {
        return topic.metadata.key.ns == cluster.ns && topic.spec.cluster == cluster.name;
    };
    for (auto at = by_topic_.lower_bound(TopicPlace{cluster.ns, cluster.name, {}, {}});
         at != by_topic_.end() && is_its(**at); ++at)
        keys.push_back((*at)->metadata.key);
    return keys;
}

std::vector<kube::ObjectKey> TopicBook::of_topic(const kube::ObjectKey& cluster, const std::string& topic) const {
    std::vector<kube::ObjectKey> keys;
    const auto is_its = [&](const api::Topic& other) {
        return other.metadata.key.ns == cluster.ns && other.spec.cluster == cluster.name && other.spec.name == topic;
    };
    for (auto at = by_topic_.lower_bound(TopicPlace{cluster.ns, cluster.name, topic, {}});
         at != by_topic_.end() && is_its(**at); ++at)
        keys.push_back((*at)->metadata.key);
    return keys;
}

std::string TopicBook::older_rival(const api::Topic& topic) const {
    const api::Topic* oldest = nullptr;
    for (const auto& key : of_topic(cluster_of(topic), topic.spec.name)) {
        const auto& other = *find(key);
        if (key == topic.metadata.key || other.spec.managed != api::Managed::kYes || !api::is_older(other, topic)) continue;
        if (oldest == nullptr || api::is_older(other, *oldest)) oldest = &other;
    }
    return oldest == nullptr ? "" : oldest->metadata.key.name;
}

decide::TopicMemory TopicBook::memory(const kube::ObjectKey& key) const {
    const auto found = memories_.find(key);
    return found == memories_.end() ? decide::TopicMemory{} : found->second;
}

void TopicBook::remember(const kube::ObjectKey& key, decide::TopicMemory memory) {
    if (memory == decide::TopicMemory{})
        memories_.erase(key);
    else
        memories_[key] = std::move(memory);
}

std::vector<kube::ObjectKey> TopicBook::forget_broker(const kube::ObjectKey& cluster) {
    std::vector<kube::ObjectKey> changed;
    for (const auto& [key, memory] : memories_) {
        const auto topic = find(key);
        if (topic && cluster_of(*topic) == cluster) changed.push_back(key);
    }
    for (const auto& key : changed) {
        auto left = memory(key);
        decide::forget_broker(left);
        remember(key, std::move(left));
    }
    return changed;
}

std::size_t TopicBook::count_ready(api::ConditionStatus status) const {
    const auto found = ready_.find(status);
    return found == ready_.end() ? 0 : found->second;
}

}  // namespace moldau::observe
