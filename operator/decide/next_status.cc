// The status of a Cluster, from what was seen and found.

#include <fmt/format.h>

#include <algorithm>

#include "operator/decide/pods.h"
#include "operator/decide/steps.h"
#include "operator/specs/names.h"

namespace moldau::decide {
namespace {

using api::ConditionStatus;
using api::Row;

// Ready sums the others up, with the reason of the first that is not True.
api::Condition summary(const std::vector<api::Condition>& conditions, std::int64_t generation, WallTime now) {
    for (const auto& condition : conditions) {
        const bool going = condition.type == "Deleting";
        if (condition.type == "Paused" || (condition.status == ConditionStatus::kTrue && !going)) continue;
        auto ready = api::to_condition({.row = Row::kClusterNotReady}, generation, now);
        ready.status = going ? ConditionStatus::kFalse : condition.status;
        ready.reason = condition.reason;
        ready.message = condition.message;
        return ready;
    }
    return api::to_condition({.row = Row::kClusterReady}, generation, now);
}

// Conditions that nobody found anything about stay as they were: the spec is not valid, or the cluster is going.
std::vector<api::Condition> conditions_of(const Draft& draft) {
    const auto& old = draft.cluster().status.conditions;
    const auto generation = draft.cluster().metadata.generation;
    auto conditions = api::next_conditions(old, draft.findings(), generation, draft.now());
    const bool keeps_old = !draft.cluster().is_valid() || draft.cluster().metadata.deleting;
    for (const auto& condition : old) {
        const bool passing = condition.type == "Paused" || condition.type == "Deleting" || condition.type == "Ready";
        if (keeps_old && !passing && api::find_condition(conditions, condition.type) == nullptr) {
            conditions.push_back(condition);
        }
    }
    auto ready = summary(conditions, generation, draft.now());
    const auto* before = api::find_condition(old, ready.type);
    if (before != nullptr && before->status == ready.status) ready.since = before->since;
    conditions.insert(conditions.begin(), std::move(ready));
    return conditions;
}

std::string with_text(std::string text, std::string_view placeholder, const std::string& value) {
    const auto at = text.find(placeholder);
    return at == std::string::npos ? text : text.replace(at, placeholder.size(), value);
}

// host:port that clients use, the node's part filled in; empty while it is not known.
std::string outside_address(const Draft& draft, const api::ListenerSpec& listener, std::int32_t broker,
                            const specs::Addresses& addresses) {
    const auto address = specs::advertised(draft.cluster(), listener, broker, addresses);
    if (!address) return {};
    const auto* pod = find_pod(draft.snapshot(), broker);
    auto host = with_text(address->host, "${env:POD_HOST_IP}", pod == nullptr ? "" : pod->host_ip);
    host = with_text(std::move(host), "${env:POD_NODE_NAME}", pod == nullptr ? "" : pod->node);
    return host.empty() || host.front() == '.' ? std::string{} : fmt::format("{}:{}", host, address->port);
}

std::string outside_bootstrap(const Draft& draft, const api::ListenerSpec& listener, const specs::Addresses& addresses) {
    const auto& key = draft.cluster().metadata.key;
    const auto found = addresses.find(listener.name);
    const auto* service = found == addresses.end() || !found->second.contains(specs::kBootstrap)
                              ? nullptr
                              : &found->second.at(specs::kBootstrap);
    switch (listener.type) {
        case api::ListenerType::kInternal:
            return specs::internal_bootstrap(draft.cluster());
        case api::ListenerType::kClusterIp:
            return fmt::format("{}.{}.svc:{}", specs::listener_service_name(draft.cluster(), listener, specs::kBootstrap),
                               key.ns, listener.port);
        case api::ListenerType::kNodePort: {
            const auto* pod = find_pod(draft.snapshot(), 0);
            if (service == nullptr || !service->node_port || pod == nullptr || pod->host_ip.empty()) return {};
            return fmt::format("{}:{}", pod->host_ip, *service->node_port);
        }
        case api::ListenerType::kLoadBalancer:
            if (service == nullptr || !service->load_balancer) return {};
            return fmt::format("{}:{}", *service->load_balancer, listener.port);
    }
    return {};
}

std::vector<api::ListenerStatus> listeners_of(const Draft& draft, const specs::Addresses& addresses) {
    std::vector<api::ListenerStatus> list;
    for (const auto& listener : draft.cluster().spec.listeners) {
        api::ListenerStatus status{.name = listener.name, .bootstrap = outside_bootstrap(draft, listener, addresses)};
        for (std::int32_t broker = 0; broker < draft.cluster().spec.replicas; ++broker) {
            auto address = outside_address(draft, listener, broker, addresses);
            if (!address.empty()) status.addresses.push_back(std::move(address));
        }
        list.push_back(std::move(status));
    }
    return list;
}

std::string_view state_name(const broker_api::ClusterState& state) {
    if (state.readiness == broker_api::Readiness::kNotReady) return "NotReady";
    switch (state.health) {
        case broker_api::Health::kHealthy:
            return "Healthy";
        case broker_api::Health::kDegraded:
            return "Degraded";
        case broker_api::Health::kFailed:
            return "Failed";
    }
    return "Healthy";
}

api::BrokerStatus broker_of(const Draft& draft, const Pod& pod) {
    const auto& state = draft.snapshot().broker.state;
    api::BrokerStatus status{
        .id = pod.ordinal, .pod = pod.name, .node = pod.node, .ready = pod.is_ready(), .state = "Starting"};
    const auto trouble = pod_trouble(draft.snapshot(), pod);
    if (pod.deleting) {
        status.state = "Terminating";
    } else if (trouble) {
        status.state = api::row(trouble->row).reason;
        status.reason = api::clip(trouble->message);
    } else if (state && state->self.value == pod.ordinal) {
        status.version = state->version;
        status.state = state_name(*state);
        for (const auto& reason : state->reasons) add_sentence(status.reason, reason.message);
        const auto& brokers = draft.cluster().status.brokers;
        const auto old = std::ranges::find(brokers, pod.ordinal, &api::BrokerStatus::id);
        status.reason = steady(old == brokers.end() ? "" : old->reason, api::clip(status.reason));
    }
    const auto* live = draft.live(kube::resources::stateful_sets(), specs::brokers_name(draft.cluster()));
    const auto revision = live == nullptr ? std::nullopt : live->object.string_at("/status/updateRevision");
    status.restart_pending = revision && !pod.deleting && !pod.revision.empty() && *revision != pod.revision;
    return status;
}

}  // namespace

api::ClusterStatus next_status(const Draft& draft, const specs::Addresses& addresses) {
    const auto& cluster = draft.cluster();
    const auto& state = draft.snapshot().broker.state;
    api::ClusterStatus status;
    status.observed_generation = cluster.metadata.generation;
    status.conditions = conditions_of(draft);
    status.selector = specs::selector_text(cluster);
    status.bootstrap = specs::internal_bootstrap(cluster);
    status.listeners = listeners_of(draft, addresses);
    for (const auto& pod : draft.snapshot().pods) {
        if (pod.ordinal < 0) continue;
        ++status.replicas;
        status.ready_replicas += pod.is_ready() ? 1 : 0;
        status.brokers.push_back(broker_of(draft, pod));
    }
    std::ranges::sort(status.brokers, {}, &api::BrokerStatus::id);
    const auto* first = find_pod(draft.snapshot(), 0);
    status.image = first == nullptr || first->image.empty() ? cluster.status.image : first->image;
    // While no broker answers, what it said last stands.
    status.version = state ? state->version : cluster.status.version;
    status.cluster_id = state && !state->cluster_id.empty() ? state->cluster_id : cluster.status.cluster_id;
    status.topics = state ? std::optional{state->topics} : cluster.status.topics;
    return status;
}

}  // namespace moldau::decide
