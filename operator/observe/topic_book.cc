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
    add(change.key, std::move(after));
    return affected;
}

void TopicBook::add(const kube::ObjectKey& key, std::shared_ptr<const api::Topic> topic) {
    by_topic_[{cluster_of(*topic), topic->spec.name}].push_back(key);
    ++ready_[ready_of(*topic)];
    topics_[key] = std::move(topic);
}

std::shared_ptr<const api::Topic> TopicBook::remove(const kube::ObjectKey& key) {
    const auto found = topics_.find(key);
    if (found == topics_.end()) return nullptr;
    auto topic = std::move(found->second);
    topics_.erase(found);
    --ready_[ready_of(*topic)];
    const auto place = by_topic_.find({cluster_of(*topic), topic->spec.name});
    std::erase(place->second, key);
    if (place->second.empty()) by_topic_.erase(place);
    return topic;
}

std::shared_ptr<const api::Topic> TopicBook::find(const kube::ObjectKey& key) const {
    const auto found = topics_.find(key);
    return found == topics_.end() ? nullptr : found->second;
}

std::vector<kube::ObjectKey> TopicBook::of_cluster(const kube::ObjectKey& cluster) const {
    std::vector<kube::ObjectKey> keys;
    for (auto at = by_topic_.lower_bound({cluster, ""}); at != by_topic_.end() && at->first.first == cluster; ++at)
        keys.insert(keys.end(), at->second.begin(), at->second.end());
    return keys;
}

std::vector<kube::ObjectKey> TopicBook::of_topic(const kube::ObjectKey& cluster, const std::string& topic) const {
    const auto found = by_topic_.find({cluster, topic});
    return found == by_topic_.end() ? std::vector<kube::ObjectKey>{} : found->second;
}

std::string TopicBook::older_rival(const api::Topic& topic) const {
    const api::Topic* oldest = nullptr;
    for (const auto& key : of_topic(cluster_of(topic), topic.spec.name)) {
        const auto& other = *topics_.at(key);
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
