// Pods, claims and nodes as Kubernetes gives them, and what they amount to.

#include "operator/decide/observed.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "operator/decide/ownership.h"
#include "operator/decide/pods.h"

namespace moldau::decide {
namespace {

kube::Object object(const char* text) { return kube::Object{nlohmann::json::parse(text)}; }

TEST(Observed, ReadsAServingPod) {
    const auto pod = read_pod(object(R"({
        "metadata": {"name": "events-brokers-3", "uid": "u", "creationTimestamp": "2026-11-26T20:00:00Z",
            "labels": {"controller-revision-hash": "events-brokers-77"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "s", "uid": "s-1",
                "controller": true}]},
        "spec": {"nodeName": "n", "containers": [{"name": "sidecar", "image": "x"}, {"name": "broker", "image": "b:1"}]},
        "status": {"phase": "Running", "hostIP": "10.0.0.1", "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "sidecar", "state": {"waiting": {"reason": "x"}}},
                {"name": "broker", "restartCount": 2, "state": {"running": {}},
                 "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled", "message": "words",
                    "startedAt": "2026-11-26T20:00:00Z", "finishedAt": "2026-11-26T20:00:07Z"}}}]}})"));

    EXPECT_EQ(pod.ordinal, 3);
    EXPECT_EQ(pod.revision, "events-brokers-77");
    EXPECT_EQ(pod.controller_uid, "s-1");
    EXPECT_EQ(pod.image, "b:1");
    EXPECT_TRUE(pod.is_ready());
    EXPECT_EQ(pod.state.kind, ContainerState::Kind::kRunning);
    EXPECT_EQ(pod.last, (ContainerState{ContainerState::Kind::kTerminated, "OOMKilled", "words", 137, Millis{7'000}}));
    EXPECT_EQ(pod.restarts, 2);
    EXPECT_EQ(pod.host_ip, "10.0.0.1");
    EXPECT_TRUE(may_run(pod));
}

TEST(Observed, SeesACrashLoopWhileTheProcessRunsForAMoment) {
    using Kind = ContainerState::Kind;
    ClusterSnapshot snapshot;
    Pod pod{.name = "p-0", .phase = Pod::Phase::kRunning, .state = {.kind = Kind::kRunning}, .restarts = 3};
    pod.last = {.kind = Kind::kTerminated, .message = "listen: no", .exit_code = 2, .lasted = Millis{200}};
    ASSERT_TRUE(pod_trouble(snapshot, pod).has_value());
    EXPECT_EQ(pod_trouble(snapshot, pod)->row, api::Row::kConfigRefused);

    pod.last.lasted = Millis{3'600'000};
    EXPECT_FALSE(pod_trouble(snapshot, pod).has_value()) << "it ran for an hour before it was killed";
    pod.last.lasted = Millis{200};
    pod.readiness = Pod::Readiness::kReady;
    EXPECT_FALSE(pod_trouble(snapshot, pod).has_value());
}

TEST(Observed, ReadsAPodThatNoNodeTakes) {
    const auto pod = read_pod(object(R"({"metadata": {"name": "events-brokers-0"}, "status": {"phase": "Pending",
        "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}]}})"));

    EXPECT_EQ(pod.unschedulable, "0/3 nodes");
    EXPECT_FALSE(pod.is_ready());
    EXPECT_FALSE(may_run(pod));
}

TEST(Observed, IsNotReadyWhileItIsDeleted) {
    const auto pod = read_pod(object(R"({"metadata": {"name": "p-0", "deletionTimestamp": "2026-11-26T20:00:00Z"},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]}})"));

    EXPECT_TRUE(pod.deleting.has_value());
    EXPECT_FALSE(pod.is_ready());
}

TEST(Observed, TakesNonsenseForNothing) {
    for (const auto* text :
         {"{}", R"({"status": 7, "spec": [], "metadata": {"name": "x-"}})",
          R"({"status": {"conditions": {}, "containerStatuses": [1, null]}, "metadata": {"name": "a-1b"}})"}) {
        const auto pod = read_pod(object(text));
        EXPECT_EQ(pod.ordinal, -1);
        EXPECT_EQ(pod.phase, Pod::Phase::kPending);
        EXPECT_EQ(read_claim(object(text), object(text)).phase, Claim::Phase::kPending);
        EXPECT_EQ(read_node(object(text)).state, Node::State::kNotReady) << "only a word of its own makes a node ready";
    }
}

TEST(Observed, ReadsAClaimAndWhereItsVolumeLives) {
    const auto claim = object(R"({"metadata": {"name": "data-events-brokers-0", "uid": "u"},
        "spec": {"storageClassName": "local", "resources": {"requests": {"storage": "10Gi"}}},
        "status": {"phase": "Bound", "capacity": {"storage": "12Gi"}}})");
    const auto volume = object(R"({"spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions":
        [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["node-1"]}]}]}}}})");
    const auto zonal = object(R"({"spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions":
        [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["a"]}]}]}}}})");

    const auto read = read_claim(claim, volume);

    EXPECT_EQ(read.ordinal, 0);
    EXPECT_EQ(read.phase, Claim::Phase::kBound);
    EXPECT_EQ(read.requested, "10Gi");
    EXPECT_EQ(read.capacity, "12Gi");
    EXPECT_EQ(read.bound_node, "node-1");
    EXPECT_EQ(read_claim(claim, zonal).bound_node, std::nullopt);
    EXPECT_EQ(read_claim(claim, std::nullopt).bound_node, std::nullopt);
}

TEST(Observed, ReadsANodesStateAndItsTaint) {
    const auto node = read_node(object(R"({"metadata": {"name": "n"}, "spec": {"taints":
        [{"key": "node.kubernetes.io/out-of-service", "effect": "NoExecute"}]},
        "status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}})"));

    EXPECT_EQ(node.state, Node::State::kNotReady);
    EXPECT_EQ(node.service, Node::Service::kOutOfService);
}

TEST(Observed, ANodeIsGoneOnlyByProof) {
    ClusterSnapshot snapshot;
    snapshot.nodes = {{.name = "ready"},
                      {.name = "silent", .state = Node::State::kNotReady},
                      {.name = "off", .state = Node::State::kNotReady, .service = Node::Service::kOutOfService},
                      {.name = "tainted but alive", .service = Node::Service::kOutOfService},
                      deleted_node("deleted")};

    EXPECT_EQ(node_fate(snapshot, "ready"), NodeFate::kAlive);
    EXPECT_EQ(node_fate(snapshot, "silent"), NodeFate::kSilent);
    EXPECT_EQ(node_fate(snapshot, "off"), NodeFate::kGone);
    EXPECT_EQ(node_fate(snapshot, "tainted but alive"), NodeFate::kAlive);
    EXPECT_EQ(node_fate(snapshot, "deleted"), NodeFate::kGone);
    EXPECT_EQ(node_fate(snapshot, "never heard of"), NodeFate::kAlive);
}

TEST(Observed, KnowsWhoseAnObjectIs) {
    api::Cluster cluster;
    cluster.metadata.key = {"shop", "events"};
    cluster.metadata.uid = "c-2";
    const auto owned_by = [](const char* kind, const char* name, const char* uid) {
        nlohmann::json owner{
            {"apiVersion", "moldau.dev/v1beta1"}, {"kind", kind}, {"name", name}, {"uid", uid}, {"controller", true}};
        nlohmann::json one;
        one["metadata"]["ownerReferences"] = nlohmann::json::array({owner});
        return kube::Object{std::move(one)};
    };

    EXPECT_EQ(owner_of(cluster, owned_by("Cluster", "events", "c-2")), Owner::kUs);
    EXPECT_EQ(owner_of(cluster, owned_by("Cluster", "events", "c-1")), Owner::kEarlier);
    EXPECT_EQ(owner_of(cluster, owned_by("Cluster", "other", "c-1")), Owner::kSomebodyElse);
    EXPECT_EQ(owner_of(cluster, object("{}")), Owner::kSomebodyElse);
    EXPECT_EQ(owner_of(cluster, object(R"({"metadata": {"labels": {"app.kubernetes.io/managed-by": "moldau-operator",
        "moldau.dev/cluster": "events"}}})")),
              Owner::kNobodyLeft);
}

}  // namespace
}  // namespace moldau::decide
