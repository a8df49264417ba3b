// A row per case: how it begins, and the transcript of all decisions until it rests, in testdata/cluster.golden.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>

#include "operator/decide/golden_testing.h"
#include "operator/decide/world_testing.h"

namespace moldau::decide {
namespace {

struct Case {
    const char* name;
    const char* spec;  // before, brought to rest; null: a new Cluster
    std::function<void(World&)> happens;
};

std::string told(World& world) {
    std::string text;
    for (int at = 0; at < 14; ++at) {
        const auto decision = world.step();
        text += transcript(decision);
        if (decision.actions.empty() && decision.ask_may_stop.empty()) return text;
    }
    return text + "  and so on\n";
}

void set_node(World& world, Node::State state, Node::Service service) {
    world.snapshot.nodes.front().state = state;
    world.snapshot.nodes.front().service = service;
}

const std::vector<Case>& cases() {
    static const std::vector<Case> kCases{
        {"three lines", nullptr, [](World&) {}},
        {"claims deleted with the cluster", nullptr,
         [](World& w) { w.set_spec(R"({"storage": {"deletionPolicy": "Delete"}})"); }},
        {"steady state", "{}", [](World&) {}},
        {"dynamic setting", "{}", [](World& w) { w.set_spec(R"({"config": {"log.retention.ms": 7200000}})"); }},
        {"static setting", "{}", [](World& w) { w.set_spec(R"({"config": {"moldau.io.threads": 2}})"); }},
        {"static setting, not granted", "{}",
         [](World& w) {
             w.may_stop = false;
             w.set_spec(R"({"config": {"moldau.io.threads": 2}})");
         }},
        {"setting of the operator's own", "{}", [](World& w) { w.set_spec(R"({"config": {"node.id": 3}})"); }},
        {"image", "{}", [](World& w) { w.set_spec(R"({"version": "0.2.0"})"); }},
        {"image that cannot be pulled", "{}",
         [](World& w) {
             w.fate = PodFate::kImagePull;
             w.set_spec(R"({"version": "absent"})");
         }},
        {"crash loop", nullptr, [](World& w) { w.fate = PodFate::kCrash; }},
        {"settings that the broker refuses at its start", nullptr, [](World& w) { w.fate = PodFate::kConfigRefused; }},
        {"no node takes the pod", nullptr, [](World& w) { w.fate = PodFate::kUnschedulable; }},
        {"a Secret is missing", nullptr, [](World& w) { w.fate = PodFate::kMissingSecret; }},
        {"stopped", "{}", [](World& w) { w.set_spec(R"({"replicas": 0})"); }},
        {"started again", R"({"replicas": 0})", [](World& w) { w.set_spec("{}"); }},
        {"volume grows", "{}", [](World& w) { w.set_spec(R"({"storage": {"size": "20Gi"}})"); }},
        {"volume larger than asked", "{}", [](World& w) { w.snapshot.claims.front().requested = "30Gi"; }},
        {"volume lost", "{}", [](World& w) { w.snapshot.claims.front().phase = Claim::Phase::kLost; }},
        {"claim being deleted by somebody", "{}", [](World& w) { w.snapshot.claims.front().deleting = w.now; }},
        {"node port added", "{}",
         [](World& w) { w.set_spec(R"({"listeners": [{"name": "outside", "type": "NodePort", "port": 9094}]})"); }},
        {"pod gone", "{}", [](World& w) { w.snapshot.pods.clear(); }},
        {"pod evicted", "{}", [](World& w) { w.pod()->phase = Pod::Phase::kFailed; }},
        {"pod being deleted by somebody", "{}", [](World& w) { w.pod()->deleting = w.now; }},
        {"node silent", "{}", [](World& w) { set_node(w, Node::State::kNotReady, Node::Service::kInService); }},
        {"node declared off", "{}",
         [](World& w) {
             set_node(w, Node::State::kNotReady, Node::Service::kOutOfService);
             w.snapshot.claims.front().bound_node = "node-1";
             w.fate = PodFate::kUnschedulable;
         }},
        {"broker unreachable", "{}", [](World& w) { w.reachable = false, w.controllers(); }},
        {"paused", "{}", [](World& w) { w.set_spec(R"({"paused": true, "config": {"moldau.io.threads": 2}})"); }},
        {"invalid", "{}", [](World& w) { w.set_spec(R"({"replicas": "many", "storage": {"size": "big"}})"); }},
        {"deleted, claims kept", "{}", [](World& w) { w.delete_cluster(); }},
        {"deleted, claims too", R"({"storage": {"deletionPolicy": "Delete"}})", [](World& w) { w.delete_cluster(); }},
        {"deleted with its namespace", R"({"storage": {"deletionPolicy": "Delete"}})",
         [](World& w) {
             w.snapshot.ns = NamespaceState::kTerminating;
             w.delete_cluster();
         }},
    };
    return kCases;
}

TEST(DecideGolden, DecideAsInTheTranscripts) {
    std::string text;
    for (const auto& one : cases()) {
        World world{one.spec == nullptr ? "{}" : one.spec};
        if (one.spec != nullptr) world.run();
        one.happens(world);
        text += fmt::format("{}:\n{}\n", one.name, told(world));
    }

    expect_golden("cluster.golden", text);
}

}  // namespace
}  // namespace moldau::decide
