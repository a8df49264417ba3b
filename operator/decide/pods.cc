// Reading a pod's troubles off its status.

#include "operator/decide/pods.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace moldau::decide {
namespace {

constexpr Millis kShortLife{120'000};
constexpr std::int32_t kUsageExit = 2;  // the broker's: it refuses its settings

constexpr std::array kPullReasons{"ImagePullBackOff",  "ErrImagePull",        "InvalidImageName",
                                  "ErrImageNeverPull", "RegistryUnavailable", "ImageInspectError"};
constexpr std::array kConfigReasons{"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError"};

bool is_one_of(const auto& reasons, const std::string& reason) {
    return std::ranges::any_of(reasons, [&](const char* known) { return reason == known; });
}

std::string sentence(const Pod& pod, const std::string& reason, const std::string& message) {
    if (message.empty()) return fmt::format("pod {}: {}", pod.name, reason.empty() ? "no reason is given" : reason);
    return reason.empty() ? fmt::format("pod {}: {}", pod.name, message)
                          : fmt::format("pod {}: {}: {}", pod.name, reason, message);
}

// How the process ended, when it has ended, or ends again and again: one that runs for a moment after a short life that
// ended is no better than one that waits to be started again.
const ContainerState* ended(const Pod& pod) {
    using enum ContainerState::Kind;
    if (pod.state.kind == kTerminated) return &pod.state;
    if (pod.last.kind != kTerminated) return nullptr;
    if (pod.state.kind == kWaiting && pod.state.reason == "CrashLoopBackOff") return &pod.last;
    return pod.restarts > 1 && pod.last.lasted < kShortLife ? &pod.last : nullptr;
}

Trouble crash(const Pod& pod, const ContainerState& end) {
    if (end.exit_code == kUsageExit) return {api::Row::kConfigRefused, sentence(pod, {}, end.message), true};
    const auto how = fmt::format("exit code {}{}{}", end.exit_code, end.reason.empty() ? "" : ", ", end.reason);
    return {api::Row::kCrashLoop, sentence(pod, how, end.message), true};
}

// For a message a cache that does not have the Node is proof enough.
bool is_away(const ClusterSnapshot& snapshot, const std::string& node) {
    const auto known = std::ranges::find(snapshot.nodes, node, &Node::name) != snapshot.nodes.end();
    return !known || node_fate(snapshot, node) == NodeFate::kGone;
}

Trouble unschedulable(const ClusterSnapshot& snapshot, const Pod& pod) {
    const auto* claim = find_claim(snapshot, pod.ordinal);
    if (claim != nullptr && claim->bound_node && is_away(snapshot, *claim->bound_node)) {
        return {api::Row::kNodeLostVolumeBound,
                fmt::format("pod {} waits for node {}, which is gone and has the volume of claim {}", pod.name,
                            *claim->bound_node, claim->name),
                true};
    }
    return {api::Row::kUnschedulable, sentence(pod, {}, *pod.unschedulable), true};
}

}  // namespace

const Pod* find_pod(const ClusterSnapshot& snapshot, std::int32_t ordinal) {
    const auto found = std::ranges::find(snapshot.pods, ordinal, &Pod::ordinal);
    return found == snapshot.pods.end() ? nullptr : &*found;
}

const Claim* find_claim(const ClusterSnapshot& snapshot, std::int32_t ordinal) {
    const auto found = std::ranges::find(snapshot.claims, ordinal, &Claim::ordinal);
    return found == snapshot.claims.end() ? nullptr : &*found;
}

NodeFate node_fate(const ClusterSnapshot& snapshot, const std::string& node) {
    if (node.empty()) return NodeFate::kAlive;
    const auto found = std::ranges::find(snapshot.nodes, node, &Node::name);
    if (found == snapshot.nodes.end() || found->state == Node::State::kReady) return NodeFate::kAlive;
    if (found->state == Node::State::kDeleted) return NodeFate::kGone;
    return found->service == Node::Service::kOutOfService ? NodeFate::kGone : NodeFate::kSilent;
}

std::optional<Trouble> pod_trouble(const ClusterSnapshot& snapshot, const Pod& pod) {
    if (pod.phase == Pod::Phase::kFailed || pod.phase == Pod::Phase::kSucceeded) {
        return Trouble{api::Row::kPodEvicted, sentence(pod, pod.reason, pod.message), true};
    }
    if (node_fate(snapshot, pod.node) != NodeFate::kAlive) {
        return Trouble{api::Row::kNodeLost, fmt::format("pod {} is on node {}, which is silent", pod.name, pod.node), false};
    }
    if (pod.is_ready()) return std::nullopt;
    if (pod.node.empty() && pod.unschedulable) return unschedulable(snapshot, pod);
    if (pod.state.kind == ContainerState::Kind::kWaiting) {
        const auto text = sentence(pod, pod.state.reason, pod.state.message);
        if (is_one_of(kPullReasons, pod.state.reason)) return Trouble{api::Row::kImagePullFailed, text, true};
        if (is_one_of(kConfigReasons, pod.state.reason)) return Trouble{api::Row::kContainerConfigError, text, true};
    }
    if (const auto* end = ended(pod)) return crash(pod, *end);
    return std::nullopt;
}

bool may_run(const Pod& pod) {
    return pod.state.kind == ContainerState::Kind::kRunning || pod.readiness == Pod::Readiness::kReady;
}

}  // namespace moldau::decide
