// From stores, link and memory to a snapshot.

#include "operator/observe/cluster_observer.h"

#include <algorithm>
#include <set>
#include <utility>

#include "operator/decide/observed.h"
#include "operator/observe/condition_order.h"

namespace moldau::observe {
namespace {

constexpr Millis kStrangerBelieved{30'000};
constexpr Millis kEndingBelieved{60'000};
constexpr Millis kGoneNodeBelieved{30'000};

// Answers about another start of the broker say nothing about this one.
template <class Answers>
void drop_stale(Answers& answers, const std::optional<broker_api::ClusterState>& state) {
    if (!state) return;
    std::erase_if(answers, [&](const auto& item) {
        const auto* broker = state->find_broker(BrokerId{item.first});
        return broker != nullptr && broker->epoch != item.second.value.broker_epoch;
    });
}

std::set<std::string> named_nodes(const decide::ClusterSnapshot& snapshot) {
    std::set<std::string> names;
    for (const auto& pod : snapshot.pods)
        if (!pod.node.empty()) names.insert(pod.node);
    for (const auto& claim : snapshot.claims)
        if (claim.bound_node) names.insert(*claim.bound_node);
    return names;
}

}  // namespace

bool ClusterMemory::has_met(const kube::Resource& resource, const kube::ObjectKey& object) const {
    return std::ranges::any_of(strangers, [&](const Stranger& known) {
        return known.owned.resource == resource && known.owned.object.key() == object;
    });
}

void ClusterMemory::lose_node(const std::string& node, WallTime now) { gone_nodes[node] = now + kGoneNodeBelieved; }

void ClusterMemory::meet(decide::Owned stranger, WallTime now) {
    std::erase_if(strangers, [&](const Stranger& known) {
        return known.owned.resource == stranger.resource && known.owned.object.key() == stranger.object.key();
    });
    strangers.push_back({std::move(stranger), now + kStrangerBelieved});
}

decide::NamespaceState ClusterObserver::state_of(const std::string& ns, WallTime now) const {
    const auto found = ending_.find(ns);
    const bool ends = found != ending_.end() && now < found->second + kEndingBelieved;
    return ends ? decide::NamespaceState::kTerminating : decide::NamespaceState::kActive;
}

std::optional<decide::ClusterSnapshot> ClusterObserver::observe(const kube::ObjectKey& key, ClusterMemory& memory,
                                                                const BrokerLink* link, WallTime now) const {
    const auto object = kinds_.clusters.store().get(key);
    if (!object) return std::nullopt;
    decide::ClusterSnapshot snapshot{.cluster = api::read_cluster(*object), .ns = state_of(key.ns, now)};
    order_conditions(api::Kind::kCluster, snapshot.cluster.status.conditions);
    snapshot.owned = owned(key, memory, now);
    for (const auto& pod : kinds_.pods.store().list_by(kByCluster, cluster_value(key)))
        snapshot.pods.push_back(decide::read_pod(pod));
    snapshot.claims = claims(cluster_value(key));
    snapshot.nodes = nodes(snapshot, memory, now);
    if (link != nullptr) snapshot.broker = link->answers();
    drop_stale(memory.verdicts, snapshot.broker.state);
    drop_stale(memory.progress, snapshot.broker.state);
    snapshot.broker.verdicts = memory.verdicts;
    snapshot.broker.progress = memory.progress;
    snapshot.refusals = memory.refusals;
    snapshot.environment = environment(link);
    return snapshot;
}

std::vector<decide::Owned> ClusterObserver::owned(const kube::ObjectKey& key, ClusterMemory& memory, WallTime now) const {
    std::vector<decide::Owned> found;
    for (const auto* informer : kinds_.owned)
        for (auto& object : informer->store().list_by(kByCluster, cluster_value(key)))
            found.push_back({informer->resource(), std::move(object)});
    std::erase_if(memory.strangers, [&](const auto& stranger) { return now >= stranger.until; });
    for (const auto& stranger : memory.strangers) {
        // It may bear our label by now.
        const auto* informer = kinds_.find(stranger.owned.resource);
        if (informer == nullptr || !informer->store().contains(stranger.owned.object.key())) found.push_back(stranger.owned);
    }
    return found;
}

std::vector<decide::Claim> ClusterObserver::claims(const std::string& cluster) const {
    std::vector<decide::Claim> found;
    for (const auto& claim : kinds_.claims.store().list_by(kByCluster, cluster)) {
        const auto volumes = kinds_.volumes.store().list_by(kByClaim, claim.ns() + "/" + claim.name());
        found.push_back(decide::read_claim(claim, volumes.empty() ? std::nullopt : std::optional{volumes.front()}));
    }
    return found;
}

// Without the right to see nodes nothing is known of any, and nothing is ever forced.
std::vector<decide::Node> ClusterObserver::nodes(const decide::ClusterSnapshot& snapshot, ClusterMemory& memory,
                                                 WallTime now) const {
    std::erase_if(memory.gone_nodes, [&](const auto& item) { return now >= item.second; });
    std::vector<decide::Node> found;
    for (const auto& name : named_nodes(snapshot)) {
        if (const auto node = kinds_.nodes.store().get({"", name})) {
            found.push_back(decide::read_node(*node));
        } else if (memory.gone_nodes.contains(name)) {
            found.push_back({.name = name, .state = decide::Node::State::kDeleted});
        }
    }
    return found;
}

std::vector<std::string> ClusterObserver::missing_nodes(const decide::ClusterSnapshot& snapshot) const {
    std::vector<std::string> missing;
    if (!kinds_.nodes.has_synced()) return missing;
    for (const auto& name : named_nodes(snapshot))
        if (std::ranges::find(snapshot.nodes, name, &decide::Node::name) == snapshot.nodes.end()) missing.push_back(name);
    return missing;
}

specs::Environment ClusterObserver::environment(const BrokerLink* link) const {
    auto environment = environment_;
    const bool has_monitors = kinds_.pod_monitors.has_synced() && !kinds_.pod_monitors.is_unavailable();
    environment.pod_monitors = has_monitors ? specs::Served::kYes : specs::Served::kNo;
    if (link == nullptr || !link->answers().settings) return environment;
    for (const auto& setting : link->answers().settings->settings)
        if (setting.update != broker_api::SettingUpdate::kStatic) environment.dynamic_settings.insert(setting.name);
    return environment;
}

}  // namespace moldau::observe
