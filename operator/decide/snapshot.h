// Everything that a decision about one Cluster depends on, as values: the resource, what Kubernetes has of it, what its
// brokers answered, and what was tried in vain.
//
// The problem: `decide` must be pure, and its tests must be rows of plain values. The idea: whoever observes fills these
// structs from stores and answers (read_*.h turns Kubernetes' objects into them), and nothing in here reaches out. Answers
// carry when they came, so that `decide` can see that one is too old to act on. Place: made by observe, read by decide.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "operator/api/cluster.h"
#include "operator/broker_api/broker_api.h"
#include "operator/kube/resource.h"
#include "operator/specs/inputs.h"

namespace moldau::decide {

struct ContainerState {
    enum class Kind : std::uint8_t { kNone, kWaiting, kRunning, kTerminated } kind = Kind::kNone;
    std::string reason;   // CrashLoopBackOff, ImagePullBackOff, OOMKilled, ...
    std::string message;  // with a termination: the container's last words
    std::int32_t exit_code = 0;
    Millis lasted{0};  // with a termination: how long the process ran
    bool operator==(const ContainerState&) const = default;
};

struct Pod {
    std::string name;
    std::string uid;
    std::string resource_version;
    std::int32_t ordinal = -1;
    std::string revision;        // label controller-revision-hash
    std::string controller_uid;  // of the StatefulSet; empty for an orphan
    std::string node;
    std::string host_ip;  // of the node
    std::string image;
    enum class Phase : std::uint8_t { kPending, kRunning, kSucceeded, kFailed, kUnknown } phase = Phase::kPending;
    std::string reason;  // of the pod's status: "Evicted"
    std::string message;
    enum class Readiness : std::uint8_t { kReady, kNotReady } readiness = Readiness::kNotReady;
    std::optional<std::string> unschedulable;  // the scheduler's message
    ContainerState state;                      // of the broker's container
    ContainerState last;                       // how it ended before
    std::int32_t restarts = 0;
    WallTime created{};
    std::optional<WallTime> deleting;  // when its grace ends

    bool is_ready() const { return readiness == Readiness::kReady && !deleting; }
    bool operator==(const Pod&) const = default;
};

struct Claim {
    std::string name;
    std::string uid;
    std::string resource_version;
    std::int32_t ordinal = -1;
    enum class Phase : std::uint8_t { kPending, kBound, kLost } phase = Phase::kPending;
    std::string requested;  // spec.resources.requests.storage
    std::string capacity;   // status.capacity.storage
    std::string storage_class;
    std::optional<std::string> bound_node;  // its volume can be used there alone (node affinity by host name)
    WallTime created{};
    std::optional<WallTime> deleting;
    bool operator==(const Claim&) const = default;
};

struct Node {
    std::string name;
    // kNotReady: also unknown. kDeleted: the API server itself said that there is no such Node; a cache that does not have
    // it is no proof.
    enum class State : std::uint8_t { kReady, kNotReady, kDeleted } state = State::kReady;
    enum class Service : std::uint8_t { kInService, kOutOfService } service = Service::kInService;  // by the taint
    bool operator==(const Node&) const = default;
};

// An object of the Cluster as the API server has it, of the kinds that specs makes.
struct Owned {
    kube::Resource resource;
    kube::Object object;
};

// An order that was refused for good: it is not sent again unchanged before `retry_at`. See memory.h.
struct Refusal {
    std::string fingerprint;  // of what was ordered
    std::string message;      // the words of who refused
    enum class By : std::uint8_t { kApiServer, kBroker } by = By::kApiServer;
    enum class What : std::uint8_t { kInvalid, kForbidden, kOther } what = What::kOther;
    WallTime retry_at{};
    std::int32_t times = 1;
    bool operator==(const Refusal&) const = default;
};
// By action_key() (action.h); for a setting "setting <name>".
using Refusals = std::map<std::string, Refusal, std::less<>>;

template <class T>
struct Answer {
    T value;
    WallTime at{};  // when it came
};

// What the broker's operator API said. `state` is empty when there was no answer to the last question; `error` says why.
struct BrokerAnswers {
    std::optional<broker_api::ClusterState> state;
    std::string error;
    std::optional<broker_api::Settings> settings;  // of this connection's broker, when its epoch is state->settings_epoch
    std::map<std::int32_t, Answer<broker_api::StopVerdict>> verdicts;   // by broker; only those that were asked for
    std::map<std::int32_t, Answer<broker_api::StopProgress>> progress;  // of preparations that were ordered
};

enum class NamespaceState : std::uint8_t { kActive, kTerminating };

struct ClusterSnapshot {
    api::Cluster cluster;
    NamespaceState ns = NamespaceState::kActive;
    std::vector<Owned> owned;  // also what bears a wanted name and belongs to somebody else
    std::vector<Pod> pods;     // by the cluster's label
    std::vector<Claim> claims;
    std::vector<Node> nodes;  // those that the pods and the claims name; of one that is not in here nothing is known
    BrokerAnswers broker;
    Refusals refusals;
    specs::Environment environment;
};

}  // namespace moldau::decide
