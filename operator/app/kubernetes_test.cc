// The controllers and kubelets of kubernetes_testing.h.

#include <fmt/format.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "operator/app/kubernetes_testing.h"

namespace moldau::app {
namespace {

using nlohmann::json;

json condition(const char* type, const char* status) { return {{"type", type}, {"status", status}}; }

json container(const json& state) {
    return {{"name", "broker"}, {"ready", state.contains("running")}, {"restartCount", 0}, {"state", state}};
}

json status_of(PodFate fate) {
    switch (fate) {
        case PodFate::kRunning:
            return {{"phase", "Running"},
                    {"hostIP", "10.0.0.1"},
                    {"conditions", json::array({condition("PodScheduled", "True"), condition("Ready", "True")})},
                    {"containerStatuses", json::array({container({{"running", json::object()}})})}};
        case PodFate::kUnschedulable: {
            auto scheduled = condition("PodScheduled", "False");
            scheduled["reason"] = "Unschedulable";
            scheduled["message"] = "0/1 nodes are available: 1 Insufficient cpu.";
            return {{"phase", "Pending"}, {"conditions", json::array({scheduled})}};
        }
        case PodFate::kImageMissing: {
            const json waiting{{"reason", "ImagePullBackOff"}, {"message", "Back-off pulling image"}};
            return {{"phase", "Pending"}, {"containerStatuses", json::array({container({{"waiting", waiting}})})}};
        }
    }
    return {};
}

}  // namespace

SmallKubernetes::Played SmallKubernetes::play() {
    played_ = Played::kNothing;
    make_node();
    for (const auto& set : server_.all(kube::resources::stateful_sets())) play_set(set);
    return played_;
}

void SmallKubernetes::play_set(const kube::Object& set) {
    const auto text = set.json_at("/spec/template").dump();
    const auto revision = fmt::format("{}-{:x}", set.name(), std::hash<std::string>{}(text) & 0xFFFFFFFFU);
    if (set.string_at("/status/updateRevision") != revision ||
        set.int_at("/status/observedGeneration") != set.generation()) {
        server_.set(kube::resources::stateful_sets(), set.key(), "/status",
                    {{"observedGeneration", set.generation()}, {"updateRevision", revision}});
        played_ = Played::kSomething;
    }
    const auto replicas = set.int_at("/spec/replicas").value_or(1);
    for (std::int64_t ordinal = 0; ordinal < replicas; ++ordinal) {
        make_claim(set, ordinal);
        make_pod(set, ordinal, revision);
    }
}

// A pod on a node that does not exist is forgotten by force.
void SmallKubernetes::make_node() {
    if (server_.find(kube::resources::nodes(), {"", "node-1"})) return;
    json node{{"apiVersion", "v1"}, {"kind", "Node"}, {"metadata", {{"name", "node-1"}}}};
    node["status"] = {{"conditions", json::array({condition("Ready", "True")})}};
    server_.put(kube::resources::nodes(), std::move(node));
}

void SmallKubernetes::make_claim(const kube::Object& set, std::int64_t ordinal) {
    const kube::ObjectKey key{set.ns(), fmt::format("data-{}-{}", set.name(), ordinal)};
    const auto resource = kube::resources::persistent_volume_claims();
    if (server_.find(resource, key)) return;
    const auto claim = set.json_at("/spec/volumeClaimTemplates/0");
    const json size = claim["spec"]["resources"]["requests"]["storage"];
    json object{{"apiVersion", "v1"}, {"kind", "PersistentVolumeClaim"}, {"spec", claim["spec"]}};
    object["metadata"] = {{"namespace", key.ns}, {"name", key.name}, {"labels", claim["metadata"]["labels"]}};
    object["status"] = {{"phase", "Bound"}, {"capacity", {{"storage", size}}}};
    server_.put(resource, std::move(object));
    played_ = Played::kSomething;
}

void SmallKubernetes::make_pod(const kube::Object& set, std::int64_t ordinal, const std::string& revision) {
    const kube::ObjectKey key{set.ns(), fmt::format("{}-{}", set.name(), ordinal)};
    const auto resource = kube::resources::pods();
    if (const auto pod = server_.find(resource, key)) {
        if (!pod->is_deleting()) return;
        server_.erase(resource, key);
        played_ = Played::kSomething;
        return;
    }
    json object{{"apiVersion", "v1"}, {"kind", "Pod"}, {"spec", set.json_at("/spec/template/spec")}};
    object["spec"]["nodeName"] = "node-1";
    auto labels = set.json_at("/spec/template/metadata/labels");
    labels["controller-revision-hash"] = revision;
    json owner{{"apiVersion", "apps/v1"}, {"kind", "StatefulSet"}, {"name", set.name()}, {"uid", set.uid()}};
    owner["controller"] = true;
    object["metadata"] = {{"namespace", key.ns}, {"name", key.name}, {"labels", std::move(labels)}};
    object["metadata"]["ownerReferences"] = json::array({std::move(owner)});
    object["status"] = status_of(fate);
    server_.put(resource, std::move(object));
    played_ = Played::kSomething;
}

}  // namespace moldau::app
