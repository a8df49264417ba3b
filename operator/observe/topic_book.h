// All Topics as the operator uses them, found by resource, by Cluster and by topic.
//
// The problem: there may be ten thousand, each looked at often, and two of them may stand for one topic. The idea: each is
// read once, when it changes, and kept as an api::Topic; the informer's store keeps its identity alone. What was tried in
// vain for a Topic is kept beside it, only where there is something to keep. Place: filled by the handler of the Topics'
// informer, read for decide_topics.

#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "operator/api/topic.h"
#include "operator/decide/topics.h"
#include "operator/informer/informer.h"

namespace moldau::observe {

// Thread: the loop's. Invariant: `by_topic_` has exactly the Topics of `topics_`.
class TopicBook {
public:
    // Takes over what the informer says. Returns the keys of the Topics that are to be looked at: its own, and others that
    // stand, or stood, for the same topic.
    std::vector<kube::ObjectKey> take(const informer::Change& change);

    // Null when there is none.
    std::shared_ptr<const api::Topic> find(const kube::ObjectKey& key) const;
    std::vector<kube::ObjectKey> of_cluster(const kube::ObjectKey& cluster) const;
    std::vector<kube::ObjectKey> of_topic(const kube::ObjectKey& cluster, const std::string& topic) const;
    // The oldest managed Topic that is older than `topic` and stands for the same topic; empty when there is none.
    std::string older_rival(const api::Topic& topic) const;

    // Of a Topic that exists or not; what is equal to TopicMemory{} takes no memory.
    decide::TopicMemory memory(const kube::ObjectKey& key) const;
    void remember(const kube::ObjectKey& key, decide::TopicMemory memory);
    // Another process of the Cluster's broker answers now. Returns the Topics for which that changes something.
    std::vector<kube::ObjectKey> forget_broker(const kube::ObjectKey& cluster);

    std::size_t size() const { return topics_.size(); }
    // How many have their Ready condition "True", "False", "Unknown" (or none).
    std::size_t count_ready(api::ConditionStatus status) const;

private:
    using TopicPtr = std::shared_ptr<const api::Topic>;
    // Orders look into the Topics themselves: a place costs a pointer, not a copy of the names.
    struct ByKey {
        using is_transparent = void;
        static const kube::ObjectKey& key(const TopicPtr& topic) { return topic->metadata.key; }
        static const kube::ObjectKey& key(const kube::ObjectKey& key) { return key; }
        bool operator()(const auto& one, const auto& other) const { return key(one) < key(other); }
    };
    // Namespace, Cluster, topic, and then the resource's name; null stands before every text.
    struct TopicPlace {
        std::string_view ns, cluster;
        std::optional<std::string_view> topic, resource;
        auto operator<=>(const TopicPlace&) const = default;
    };
    struct ByTopic {
        using is_transparent = void;
        static TopicPlace place(const api::Topic* topic);
        static const TopicPlace& place(const TopicPlace& place) { return place; }
        bool operator()(const auto& one, const auto& other) const { return place(one) < place(other); }
    };

    void add(TopicPtr topic);
    TopicPtr remove(const kube::ObjectKey& key);

    std::set<TopicPtr, ByKey> topics_;
    std::set<const api::Topic*, ByTopic> by_topic_;
    std::map<kube::ObjectKey, decide::TopicMemory> memories_;
    std::map<api::ConditionStatus, std::size_t> ready_;
};

// The Cluster that a Topic names; it is always in the Topic's namespace.
kube::ObjectKey cluster_of(const api::Topic& topic);

}  // namespace moldau::observe
