// Reading Clusters: the schema's defaults, tolerance, strictness.

#include "operator/api/cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>

namespace moldau::api {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Cluster read(const std::string& spec) {
    return read_cluster(
        kube::Object{{{"metadata", {{"name", "events"}, {"namespace", "shop"}}}, {"spec", json::parse(spec)}}});
}

json to_json(const YAML::Node& node) {
    if (node.IsMap()) {
        auto object = json::object();
        for (const auto& entry : node) object[entry.first.as<std::string>()] = to_json(entry.second);
        return object;
    }
    if (node.IsSequence()) {
        auto array = json::array();
        for (const auto& entry : node) array.push_back(to_json(entry));
        return array;
    }
    const auto text = node.as<std::string>("");
    if (node.Tag() == "!") return text;  // quoted
    const auto value = json::parse(text, nullptr, false);
    return value.is_discarded() ? json(text) : value;
}

// What the API server fills in: `default` of each property, from outside in.
void fill_defaults(const json& schema, json& value) {
    if (!schema.contains("properties")) return;
    for (const auto& [name, property] : schema["properties"].items()) {
        if (!value.contains(name) && property.contains("default")) value[name] = property["default"];
        if (value.contains(name) && value[name].is_object()) fill_defaults(property, value[name]);
    }
}

json spec_schema(const std::string& file) {
    const auto crd = to_json(YAML::LoadFile(std::string{MOLDAU_SOURCE_DIR} + "/crds/" + file));
    return crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
}

TEST(Cluster, HasTheDefaultsOfTheSchema) {
    json filled = json::object();
    fill_defaults(spec_schema("moldau.dev_clusters.yaml"), filled);
    ASSERT_TRUE(filled.contains("listeners")) << filled;

    const auto from_schema = read(filled.dump());
    const auto from_nothing = read("{}");

    EXPECT_THAT(from_schema.faults, IsEmpty());
    EXPECT_EQ(from_schema.spec, from_nothing.spec);
    EXPECT_EQ(from_schema.spec, ClusterSpec{});
}

TEST(Cluster, KnowsEveryPropertyOfTheSchema) {
    // One value for each property; a new property of the schema fails here until it is read, and listed.
    std::vector<std::string> names;
    for (const auto& [name, property] : spec_schema("moldau.dev_clusters.yaml")["properties"].items()) names.push_back(name);

    EXPECT_THAT(names, ElementsAre("config", "durability", "image", "imagePullPolicy", "listeners", "monitoring", "paused",
                                   "replicas", "resources", "storage", "template", "version"));
}

TEST(Cluster, ReadsEveryField) {
    const auto cluster = read(R"({
        "replicas": 0, "image": "x:1", "imagePullPolicy": "Always",
        "storage": {"size": "1Ti", "class": "fast", "deletionPolicy": "Delete"},
        "resources": {"requests": {"cpu": 2}},
        "listeners": [{"name": "outside", "type": "LoadBalancer", "port": 9094,
            "advertised": {"host": "b-{id}.example.com", "port": 443},
            "nodePorts": {"bootstrap": 31000, "firstBroker": 31001}, "annotations": {"a": "b"},
            "loadBalancer": {"class": "internal", "sourceRanges": ["10.0.0.0/8"]}, "externalTrafficPolicy": "Local"}],
        "config": {"log.retention.ms": 1000, "compression.type": "zstd"},
        "durability": "replicated", "template": {"priorityClassName": "high"},
        "monitoring": {"enabled": false, "interval": "5s", "labels": {"team": "a"},
            "from": {"namespaceLabels": {"m": "n"}, "podLabels": {}}},
        "paused": true, "unknown": {"field": 1}})");

    EXPECT_THAT(cluster.faults, IsEmpty());
    const auto& spec = cluster.spec;
    EXPECT_EQ(spec.replicas, 0);
    EXPECT_EQ(spec.image, "x:1");
    EXPECT_EQ(spec.storage.storage_class, "fast");
    EXPECT_EQ(spec.storage.deletion_policy, DeletionPolicy::kDelete);
    EXPECT_EQ(spec.resources.requests, (Texts{{"cpu", "2"}}));
    EXPECT_THAT(spec.resources.limits, IsEmpty());
    ASSERT_EQ(spec.listeners.size(), 2U) << "the internal one is added";
    EXPECT_EQ(spec.internal_listener().port, 9092);
    EXPECT_EQ(spec.listeners[1].advertised_host, "b-{id}.example.com");
    EXPECT_EQ(spec.listeners[1].node_port_first_broker, 31001);
    EXPECT_EQ(spec.listeners[1].load_balancer_class, "internal");
    EXPECT_THAT(spec.listeners[1].source_ranges, ElementsAre("10.0.0.0/8"));
    EXPECT_EQ(spec.config, (Texts{{"compression.type", "zstd"}, {"log.retention.ms", "1000"}}));
    EXPECT_EQ(spec.durability, Durability::kReplicated);
    EXPECT_EQ(spec.pod_template.string_at("/priorityClassName"), "high");
    EXPECT_FALSE(spec.monitoring.enabled);
    EXPECT_THAT(spec.monitoring.from_pod_labels, IsEmpty());
    EXPECT_EQ(spec.pause, Pause::kPaused);
}

TEST(Cluster, TurnsWrongTypesIntoFaultsAndKeepsDefaults) {
    const auto cluster =
        read(R"({"replicas": "three", "storage": {"size": "big"}, "durability": "maybe", "config": {"a": [1]},
        "listeners": {"x": 1}, "paused": "yes", "template": 7})");

    EXPECT_THAT(cluster.faults, ElementsAre("spec.replicas: write a whole number from 0 to 1",
                                            "spec.storage.size: write a quantity, such as 100Gi",
                                            "spec.listeners: write a list", "spec.config[a]: write a text or a whole number",
                                            "spec.durability: write one of synced, replicated",
                                            "spec.template: write an object", "spec.paused: write true or false"));
    EXPECT_EQ(cluster.spec.replicas, 1);
    EXPECT_EQ(cluster.spec.internal_listener().name, "internal");
}

TEST(Cluster, RefusesListenersThatWouldCollide) {
    const auto cluster = read(R"({"listeners": [{"name": "a", "type": "ClusterIP", "port": 9190},
        {"name": "a", "type": "Internal", "port": 9092}, {"name": "brokers", "type": "NodePort", "port": 9095}]})");

    EXPECT_THAT(cluster.faults,
                ElementsAre("spec.listeners: write another port for each listener, and neither 9190 nor 9644",
                            "spec.listeners: write another name for each listener", HasSubstr("brokers and bootstrap")));
    EXPECT_EQ(cluster.spec.internal_listener().port, 9092);
}

TEST(Cluster, SurvivesAnythingInPlaceOfAnObject) {
    for (const auto* spec : {"null", "[]", "\"text\"", "1e300", "{\"listeners\": [null, 1, []]}", "{\"config\": null}"}) {
        const auto cluster = read(spec);
        EXPECT_FALSE(cluster.spec.listeners.empty()) << spec;
    }
}

TEST(Cluster, StatusReadsBackAsItWasWritten) {
    ClusterStatus status{.observed_generation = 7, .replicas = 1, .ready_replicas = 1};
    status.conditions = {{.type = "Ready",
                          .status = ConditionStatus::kTrue,
                          .reason = "Ready",
                          .message = "m",
                          .observed_generation = 7,
                          .since = *parse_time("2026-11-26T20:00:00Z")}};
    status.selector = "a=b";
    status.version = "0.1.0";
    status.image = "x:1";
    status.cluster_id = "k";
    status.bootstrap = "b:9092";
    status.topics = 3;
    status.listeners = {{"internal", "b:9092", {"p:9092"}}};
    status.brokers = {{.id = 0, .pod = "p", .node = "n", .version = "0.1.0", .ready = true, .state = "Healthy"}};

    const auto object = status_object(read("{}"), status);

    EXPECT_EQ(read_cluster(object).status, status);
}

}  // namespace
}  // namespace moldau::api
