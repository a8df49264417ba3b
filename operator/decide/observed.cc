// Pods, claims and nodes, read.

#include "operator/decide/observed.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "operator/specs/names.h"

namespace moldau::decide {
namespace {

using nlohmann::json;

std::int32_t ordinal_of(const std::string& name) {
    const auto dash = name.rfind('-');
    if (dash == std::string::npos) return -1;
    std::int32_t ordinal = -1;
    const auto* first = name.data() + dash + 1;
    const auto* last = name.data() + name.size();
    const auto [end, error] = std::from_chars(first, last, ordinal);
    return error == std::errc{} && end == last && ordinal >= 0 ? ordinal : -1;
}

WallTime time_or_epoch(const std::optional<std::string>& text) {
    return text ? api::parse_time(*text).value_or(WallTime{}) : WallTime{};
}

std::optional<WallTime> deletion_time(const kube::Object& object) {
    if (!object.is_deleting()) return std::nullopt;
    return time_or_epoch(object.deletion_timestamp());
}

std::string text_of(const json& object, const char* name) {
    if (!object.is_object()) return {};
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

Pod::Phase phase_of(const std::optional<std::string>& text) {
    if (text == "Running") return Pod::Phase::kRunning;
    if (text == "Succeeded") return Pod::Phase::kSucceeded;
    if (text == "Failed") return Pod::Phase::kFailed;
    if (text == "Unknown") return Pod::Phase::kUnknown;
    return Pod::Phase::kPending;
}

ContainerState read_state(const json& state) {
    using enum ContainerState::Kind;
    ContainerState read;
    if (!state.is_object()) return read;
    for (const auto& [name, kind] : {std::pair{"waiting", kWaiting}, {"running", kRunning}, {"terminated", kTerminated}}) {
        const auto found = state.find(name);
        if (found == state.end() || !found->is_object()) continue;
        read.kind = kind;
        read.reason = text_of(*found, "reason");
        read.message = text_of(*found, "message");
        const auto started = api::parse_time(text_of(*found, "startedAt"));
        const auto finished = api::parse_time(text_of(*found, "finishedAt"));
        if (started && finished) read.lasted = *finished - *started;
        const auto code = found->find("exitCode");
        if (code != found->end() && code->is_number_integer()) read.exit_code = code->get<std::int32_t>();
    }
    return read;
}

// The list's entry whose `key` has `value`; JSON null when there is none.
json entry_of(const json& list, const char* key, std::string_view value) {
    if (!list.is_array()) return {};
    for (const auto& entry : list) {
        if (text_of(entry, key) == value) return entry;
    }
    return {};
}

void read_container(const kube::Object& object, Pod& pod) {
    const auto status = entry_of(object.json_at("/status/containerStatuses"), "name", specs::kContainer);
    if (!status.is_object()) return;
    if (status.contains("state")) pod.state = read_state(status["state"]);
    if (status.contains("lastState")) pod.last = read_state(status["lastState"]);
    const auto restarts = status.find("restartCount");
    if (restarts != status.end() && restarts->is_number_integer()) pod.restarts = restarts->get<std::int32_t>();
}

void read_pod_conditions(const kube::Object& object, Pod& pod) {
    const auto conditions = object.json_at("/status/conditions");
    if (text_of(entry_of(conditions, "type", "Ready"), "status") == "True") pod.readiness = Pod::Readiness::kReady;
    const auto scheduled = entry_of(conditions, "type", "PodScheduled");
    if (text_of(scheduled, "status") == "False") pod.unschedulable = text_of(scheduled, "message");
}

// The one host name that the volume's node affinity demands, if it is such a volume.
std::optional<std::string> bound_node(const kube::Object& volume) {
    const auto terms = volume.json_at("/spec/nodeAffinity/required/nodeSelectorTerms");
    if (!terms.is_array() || terms.size() != 1 || !terms[0].is_object() || !terms[0].contains("matchExpressions")) {
        return std::nullopt;
    }
    const auto expression = entry_of(terms[0]["matchExpressions"], "key", "kubernetes.io/hostname");
    if (text_of(expression, "operator") != "In" || !expression.contains("values")) return std::nullopt;
    const auto& values = expression["values"];
    if (!values.is_array() || values.size() != 1 || !values[0].is_string()) return std::nullopt;
    return values[0].get<std::string>();
}

}  // namespace

Pod read_pod(const kube::Object& object) {
    Pod pod;
    pod.name = object.name();
    pod.uid = object.uid();
    pod.resource_version = object.resource_version();
    pod.ordinal = ordinal_of(pod.name);
    pod.revision = object.label("controller-revision-hash").value_or("");
    if (const auto owner = object.controller()) pod.controller_uid = owner->uid;
    pod.node = object.string_at("/spec/nodeName").value_or("");
    pod.host_ip = object.string_at("/status/hostIP").value_or("");
    pod.image = text_of(entry_of(object.json_at("/spec/containers"), "name", specs::kContainer), "image");
    pod.phase = phase_of(object.string_at("/status/phase"));
    pod.reason = object.string_at("/status/reason").value_or("");
    pod.message = object.string_at("/status/message").value_or("");
    read_pod_conditions(object, pod);
    read_container(object, pod);
    pod.created = time_or_epoch(object.creation_timestamp());
    pod.deleting = deletion_time(object);
    return pod;
}

Claim read_claim(const kube::Object& object, const std::optional<kube::Object>& volume) {
    Claim claim;
    claim.name = object.name();
    claim.uid = object.uid();
    claim.resource_version = object.resource_version();
    claim.ordinal = ordinal_of(claim.name);
    const auto phase = object.string_at("/status/phase");
    if (phase == "Bound") claim.phase = Claim::Phase::kBound;
    if (phase == "Lost") claim.phase = Claim::Phase::kLost;
    claim.requested = object.string_at("/spec/resources/requests/storage").value_or("");
    claim.capacity = object.string_at("/status/capacity/storage").value_or("");
    claim.storage_class = object.string_at("/spec/storageClassName").value_or("");
    if (volume) claim.bound_node = bound_node(*volume);
    claim.created = time_or_epoch(object.creation_timestamp());
    claim.deleting = deletion_time(object);
    return claim;
}

Node read_node(const kube::Object& object) {
    Node node{.name = object.name()};
    const auto ready = entry_of(object.json_at("/status/conditions"), "type", "Ready");
    if (text_of(ready, "status") != "True") node.state = Node::State::kNotReady;
    const auto taint = entry_of(object.json_at("/spec/taints"), "key", "node.kubernetes.io/out-of-service");
    if (taint.is_object()) node.service = Node::Service::kOutOfService;
    return node;
}

Node deleted_node(std::string name) { return {.name = std::move(name), .state = Node::State::kDeleted}; }

}  // namespace moldau::decide
