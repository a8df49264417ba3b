// The decision about Topics of one Cluster, many at a time.
//
// The problem: ten thousand Topics, each with an answer of its own, must not mean ten thousand calls to the broker, nor may
// one that is refused hold up the others. The idea: each Topic is decided by itself, from its resource, the topic that the
// broker has of that name, and what was tried in vain; then the orders of all are put together into batches. The caller
// gives the Topics that are worth a look, a few hundred at a time. A Topic's status is written only once there is nothing
// left to order for it, so that one change is one write.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operator/api/topic.h"
#include "operator/decide/action.h"
#include "operator/decide/snapshot.h"

namespace moldau::decide {

// What the broker refused a Topic, kept by whoever carries out orders; see record() in memory.h.
struct TopicMemory {
    std::optional<Refusal> order;                           // of the creation, the growth or the deletion
    std::map<std::string, Refusal, std::less<>> by_config;  // by the setting's name
    enum class Event : std::uint8_t { kNone, kCreated, kGrown, kAltered };
    Event event = Event::kNone;  // what orders achieved that no event has told yet
    bool operator==(const TopicMemory&) const = default;
};

struct TopicView {
    std::shared_ptr<const api::Topic> topic;
    std::optional<broker_api::Topic> actual;  // of that name, by the feed and the answers to orders
    std::string older_rival;  // the managed Topic resource, older than this one, for the same topic; or empty
    TopicMemory memory;
};

// Of the Cluster that the Topics name.
struct TopicsCluster {
    enum class State : std::uint8_t { kMissing, kDeleting, kPresent } state = State::kMissing;
    api::Pause pause = api::Pause::kRunning;
    // kKnown: the broker answers and the feed's snapshot is complete, so a topic without `actual` does not exist.
    enum class Topics : std::uint8_t { kNotReady, kUnreachable, kKnown } topics = Topics::kNotReady;
    std::string why;                  // of kNotReady and kUnreachable
    WallTime since{};                 // of `topics`: a status says so only after a while, as brokers restart in seconds
    std::string cluster_id;           // as the broker says
    std::int32_t metadata_epoch = 0;  // as the broker says
};

struct TopicsSnapshot {
    NamespaceState ns = NamespaceState::kActive;
    TopicsCluster cluster;
    std::vector<TopicView> topics;
};

struct TopicsDecision {
    std::vector<Action> actions;  // finalizers, batches of orders, statuses, events
    // When a Topic is to be looked at again, though nothing changed.
    std::vector<std::pair<kube::ObjectKey, Millis>> requeue_after;
};

// Pure. Invariants: never fewer partitions; no order for a topic that is not the resource's own; the finalizer is there
// before a topic is made that is deleted with its resource.
TopicsDecision decide_topics(const TopicsSnapshot& snapshot, WallTime now);

}  // namespace moldau::decide
