// Objects made from Clusters: whole ones as goldens in testdata, and single claims about them.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "operator/specs/difference.h"
#include "operator/specs/hash.h"
#include "operator/specs/names.h"
#include "operator/specs/objects.h"

namespace moldau::specs {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string read_file(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

api::Cluster cluster_of(const std::string& spec) {
    auto cluster = api::read_cluster(kube::Object{
        {{"metadata", {{"name", "events"}, {"namespace", "shop"}, {"uid", "c-1"}}}, {"spec", json::parse(spec)}}});
    EXPECT_THAT(cluster.faults, IsEmpty());
    return cluster;
}

Inputs inputs(Served pod_monitors = Served::kNo) {
    return {.environment = {.broker_image = "example.com/moldau/broker:0.1.0",
                            .operator_namespace = "moldau-system",
                            .pod_monitors = pod_monitors},
            .known = known_settings()};
}

void expect_golden(const std::string& name, const Built& built) {
    const auto path = fmt::format("{}/operator/specs/testdata/{}.json", MOLDAU_SOURCE_DIR, name);
    auto all = json::array();
    for (const auto& one : built.objects) all.push_back(*one.object.tree());
    const auto text = all.dump(2) + '\n';
    if (std::getenv("MOLDAU_UPDATE_GOLDENS") != nullptr) std::ofstream{path} << text;
    EXPECT_EQ(read_file(path), text) << "if this is meant: MOLDAU_UPDATE_GOLDENS=1 and look at the difference";
}

const kube::Object& object(const Built& built, std::string_view kind, std::string_view name) {
    for (const auto& one : built.objects) {
        if (one.resource.kind == kind && one.object.name() == name) return one.object;
    }
    ADD_FAILURE() << "no " << kind << ' ' << name;
    static const kube::Object kNone;
    return kNone;
}

constexpr const char* kFull = R"({
    "replicas": 1, "version": "0.2.0", "imagePullPolicy": "Always",
    "storage": {"size": "100Gi", "class": "fast", "deletionPolicy": "Delete"},
    "resources": {"requests": {"cpu": 2, "memory": "4Gi"}, "limits": {"memory": "4Gi"}},
    "listeners": [
        {"name": "internal", "type": "Internal", "port": 9092},
        {"name": "mesh", "type": "ClusterIP", "port": 9093},
        {"name": "nodes", "type": "NodePort", "port": 9094, "nodePorts": {"bootstrap": 31092, "firstBroker": 31100},
         "externalTrafficPolicy": "Local"},
        {"name": "outside", "type": "LoadBalancer", "port": 9095,
         "advertised": {"host": "broker-{id}.{cluster}.example.com", "port": 443},
         "annotations": {"example.com/internal": "true"},
         "loadBalancer": {"class": "internal", "sourceRanges": ["10.0.0.0/8"]}}],
    "config": {"log.retention.ms": 7200000, "moldau.io.threads": 2, "log.dirs": "/elsewhere", "num.partitions": "3"},
    "durability": "replicated",
    "template": {
        "metadata": {"labels": {"team": "a", "moldau.dev/cluster": "no"}, "annotations": {"note": "x"}},
        "nodeSelector": {"disk": "ssd"}, "priorityClassName": "high", "terminationGracePeriodSeconds": 300,
        "tolerations": [{"key": "dedicated", "operator": "Exists"}],
        "affinity": {"nodeAffinity": {}}, "imagePullSecrets": [{"name": "pull"}],
        "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}],
        "securityContext": {"fsGroup": 2000}, "containerSecurityContext": {"runAsUser": 1000},
        "env": [{"name": "TZ", "value": "UTC"}, {"name": "POD_NAME", "value": "no"}],
        "volumes": [{"name": "extra", "emptyDir": {}}, {"name": "data", "emptyDir": {}}],
        "volumeMounts": [{"name": "extra", "mountPath": "/extra"}], "hostNetwork": true},
    "monitoring": {"interval": "10s", "labels": {"release": "prom"}, "from": {"namespaceLabels": {"team": "ops"}}}})";

TEST(Specs, MakeTheObjectsOfThreeLines) { expect_golden("three_lines", build(cluster_of("{}"), inputs())); }

TEST(Specs, MakeTheObjectsOfAFullCluster) {
    auto given = inputs(Served::kYes);
    given.addresses["nodes"] = {{kBootstrap, {.node_port = 31092}}, {0, {.node_port = 31100}}};
    given.addresses["outside"] = {{0, {.node_port = 30001, .load_balancer = "203.0.113.7"}}};
    expect_golden("full", build(cluster_of(kFull), given));
}

TEST(Specs, AreTheSameForTheSameCluster) {
    const auto one = build(cluster_of(kFull), inputs());
    const auto other = build(cluster_of(kFull), inputs());

    ASSERT_EQ(one.objects.size(), other.objects.size());
    for (std::size_t at = 0; at < one.objects.size(); ++at) EXPECT_EQ(one.objects[at].object, other.objects[at].object);
}

std::string static_hash(const Built& built) {
    return built.stateful_set().string_at("/spec/template/metadata/annotations/moldau.dev~1static-config").value_or("");
}

TEST(Specs, ChangeTheTemplateForStaticSettingsAlone) {
    const auto before = build(cluster_of("{}"), inputs());
    const auto dynamic =
        build(cluster_of(R"({"config": {"log.retention.ms": 1000}, "durability": "replicated"})"), inputs());
    const auto fixed = build(cluster_of(R"({"config": {"moldau.io.threads": 2}})"), inputs());

    EXPECT_EQ(static_hash(before), static_hash(dynamic));
    EXPECT_EQ(dynamic.stateful_set(), before.stateful_set());
    EXPECT_NE(static_hash(before), static_hash(fixed));
    EXPECT_EQ(dynamic.settings.changeable, (api::Texts{{"log.retention.ms", "1000"}, {"moldau.durability", "replicated"}}));
}

TEST(Specs, RefuseSettingsOfTheOperatorsOwn) {
    const auto built =
        build(cluster_of(R"({"config": {"listeners": "x", "moldau.internal.listen": "", "broker.rack": "a"}})"), inputs());

    EXPECT_THAT(built.settings.refused, ElementsAre(RefusedKey{"listeners", "is made from spec.listeners"},
                                                    RefusedKey{"moldau.internal.listen", "is used by the operator"}));
    EXPECT_EQ(built.settings.fixed, (api::Texts{{"broker.rack", "a"}}));
}

TEST(Specs, KeepASettingOnOneLine) {
    const auto built = build(cluster_of(R"({"config": {"broker.rack": "a\nlog.dirs=/elsewhere"}})"), inputs());
    const auto file =
        object(built, "ConfigMap", "events-config").json_at("/data/events-brokers-0.properties").get<std::string>();

    EXPECT_THAT(file, HasSubstr("broker.rack=a log.dirs=/elsewhere\n"));
    EXPECT_THAT(file, HasSubstr("\nlog.dirs=/var/lib/moldau/data\n"));
}

TEST(Specs, AdvertiseAServiceWhileABalancerHasNoAddress) {
    const auto spec = R"({"listeners": [{"name": "outside", "type": "LoadBalancer", "port": 9095}]})";

    const auto built = build(cluster_of(spec), inputs());

    EXPECT_THAT(built.pending_listeners, ElementsAre("outside"));
    const auto file =
        object(built, "ConfigMap", "events-config").json_at("/data/events-brokers-0.properties").get<std::string>();
    EXPECT_THAT(file, HasSubstr("OUTSIDE://events-outside-0.shop.svc:9095"));
}

TEST(Specs, ReadAddressesOffServices) {
    const auto cluster = cluster_of(kFull);
    const std::vector<kube::Object> services{
        kube::Object{json::parse(R"({"metadata": {"name": "events-nodes-0"}, "spec": {"ports": [{"nodePort": 31100}]}})")},
        kube::Object{json::parse(R"({"metadata": {"name": "events-outside"},
            "status": {"loadBalancer": {"ingress": [{"hostname": "lb.example.com"}]}}})")},
        kube::Object{json::parse(R"({"metadata": {"name": "another"}})")}};

    const auto addresses = read_addresses(cluster, services);

    EXPECT_EQ(addresses.at("nodes").at(0).node_port, 31100);
    EXPECT_EQ(addresses.at("outside").at(kBootstrap).load_balancer, "lb.example.com");
    EXPECT_EQ(addresses.at("nodes").size(), 1U);
}

TEST(Specs, ReplaceTheTagByTheVersion) {
    const auto of = [](const char* image_name, const char* spec) { return image(cluster_of(spec).spec, image_name); };
    EXPECT_EQ(of("a/b:1", "{}"), "a/b:1");
    EXPECT_EQ(of("host:5000/b:1", R"({"version": "2"})"), "host:5000/b:2");
    EXPECT_EQ(of("host:5000/b", R"({"version": "2"})"), "host:5000/b:2");
    EXPECT_EQ(of("a/b:1@sha256:00", R"({"version": "2"})"), "a/b:2");
    EXPECT_EQ(of("a/b:1", R"({"image": "c:3"})"), "c:3");
}

TEST(Specs, FitNamesIntoLabels) {
    auto cluster = cluster_of(R"({"listeners": [{"name": "fifteen-letters", "type": "NodePort", "port": 9094}]})");
    cluster.metadata.key.name = std::string(40, 'a');

    for (const auto& one : build(cluster, inputs()).objects) EXPECT_LE(one.object.name().size(), 63U) << one.object.name();
}

TEST(Specs, LeaveOutAMonitorWhereTheApiIsUnknown) {
    for (const auto& one : build(cluster_of("{}"), inputs(Served::kNo)).objects) EXPECT_NE(one.resource.kind, "PodMonitor");
    EXPECT_EQ(object(build(cluster_of("{}"), inputs(Served::kYes)), "PodMonitor", "events").name(), "events");
}

TEST(Difference, IsNoneAfterTheApiServersDefaults) {
    const auto built = build(cluster_of("{}"), inputs());
    auto live = built.stateful_set()
                    .with("/spec/template/spec/dnsPolicy", "ClusterFirst")
                    .with("/spec/volumeClaimTemplates/0/status", {{"phase", "Pending"}})
                    .with("/spec/template/spec/containers/0/resources/limits/memory", "2048Mi")
                    .with("/metadata/resourceVersion", "7")
                    .with("/status", {{"replicas", 1}});

    EXPECT_FALSE(needs_apply(live, built.stateful_set()));
    EXPECT_FALSE(needs_recreation(live, built.stateful_set()));
}

TEST(Difference, IsNotWhatTheApiServerDrops) {
    const auto built = build(cluster_of(R"({"template": {"topologySpreadConstraints": [], "nodeSelector": {},
        "env": [{"name": "EMPTY", "value": ""}],
        "volumeMounts": [{"name": "tmp", "mountPath": "/x", "readOnly": false}]}})"),
                             inputs());
    const auto live = built.stateful_set()
                          .without("/spec/template/spec/topologySpreadConstraints")
                          .without("/spec/template/spec/nodeSelector")
                          .with("/spec/template/spec/containers/0/env/4", {{"name", "EMPTY"}})
                          .with("/spec/template/spec/containers/0/volumeMounts/3", {{"name", "tmp"}, {"mountPath", "/x"}});

    EXPECT_FALSE(needs_apply(live, built.stateful_set()));
    EXPECT_TRUE(needs_apply(live.without("/spec/template/spec/serviceAccountName"), built.stateful_set()));
}

TEST(Difference, IsSeenWhenAFieldIsNoLongerWanted) {
    const auto before = build(cluster_of(R"({"template": {"priorityClassName": "high"}})"), inputs());
    const auto after = build(cluster_of("{}"), inputs());

    EXPECT_TRUE(needs_apply(before.stateful_set(), after.stateful_set()));
}

TEST(Difference, IsSeenWhenSomebodyChangedAField) {
    const auto built = build(cluster_of("{}"), inputs());
    const auto& service = object(built, "Service", "events-bootstrap");

    EXPECT_TRUE(needs_apply(service.with("/spec/ports", json::array({{{"name", "internal"}, {"port", 1}}})), service));
    EXPECT_TRUE(needs_apply(service.without("/metadata/labels"), service));
    EXPECT_FALSE(needs_apply(service.with("/spec/clusterIP", "10.0.0.1"), service));
}

TEST(Difference, NeedsANewSetOnlyForFieldsThatCannotChange) {
    const auto before = build(cluster_of("{}"), inputs()).stateful_set();

    EXPECT_TRUE(needs_recreation(before, build(cluster_of(R"({"storage": {"size": "20Gi"}})"), inputs()).stateful_set()));
    EXPECT_FALSE(
        needs_recreation(before, build(cluster_of(R"({"storage": {"size": "10240Mi"}})"), inputs()).stateful_set()));
    EXPECT_FALSE(needs_recreation(before, build(cluster_of(R"({"replicas": 0, "version": "2"})"), inputs()).stateful_set()));
}

TEST(Difference, NeedsANewServiceForAnotherClassOfBalancer) {
    const auto service = [](const char* kind) {
        return kube::Object{json{{"spec", {{"type", "LoadBalancer"}, {"loadBalancerClass", kind}}}}};
    };
    EXPECT_TRUE(needs_new_service(service("a"), service("b")));
    EXPECT_FALSE(needs_new_service(service("a"), service("a")));
}

// Rows of docs/configuration.md as those of known_settings.inc.
std::vector<KnownSetting> documented_settings() {
    std::vector<KnownSetting> settings;
    std::ifstream file{std::string{MOLDAU_SOURCE_DIR} + "/docs/configuration.md"};
    for (std::string line; std::getline(file, line) && line != "## Topic";) {
        if (!line.starts_with("| `")) continue;
        std::vector<std::string> cells;
        for (std::size_t at = 2; at < line.size();) {
            const auto end = std::min(line.find(" | ", at), line.size());
            cells.push_back(line.substr(at, end - at));
            at = end + 3;
        }
        if (cells.size() < 6) continue;
        const bool fixed = !line.ends_with("| cluster-wide |") && !line.ends_with("| per broker |");
        settings.push_back({.name = cells[0].substr(1, cells[0].size() - 2),
                            .type = cells[1],
                            .allowed = cells[3],
                            .change = fixed ? SettingChange::kFixed : SettingChange::kChangeable});
    }
    return settings;
}

TEST(KnownSettings, AreThoseThatTheBrokerDocuments) {
    const auto documented = documented_settings();
    if (std::getenv("MOLDAU_UPDATE_GOLDENS") != nullptr) {
        std::ofstream file{std::string{MOLDAU_SOURCE_DIR} + "/operator/specs/known_settings.inc"};
        file << "// Made from docs/configuration.md: MOLDAU_UPDATE_GOLDENS=1 operator_specs_test "
                "--gtest_filter=\"KnownSettings*\"\n";
        for (const auto& one : documented) {
            file << fmt::format("{{\"{}\", \"{}\", \"{}\", SettingChange::{}}},\n", one.name, one.type, one.allowed,
                                one.change == SettingChange::kFixed ? "kFixed" : "kChangeable");
        }
    }

    ASSERT_EQ(documented.size(), known_settings().size());
    for (std::size_t at = 0; at < documented.size(); ++at)
        EXPECT_EQ(documented[at], known_settings()[at]) << documented[at].name;
}

TEST(KnownSettings, JudgeWhatIsCertain) {
    const KnownSetting threads{"moldau.io.threads", "int", "an integer from 1 to 256"};
    EXPECT_FALSE(fault_of(threads, "2"));
    EXPECT_EQ(fault_of(threads, "0"), "write an integer from 1 to 256");
    EXPECT_TRUE(fault_of(threads, "257"));
    EXPECT_TRUE(fault_of(threads, "2x"));
    EXPECT_FALSE(fault_of(threads, "${env:THREADS}"));
    EXPECT_TRUE(fault_of({"a", "int", "an integer of at least 4"}, "3"));
    EXPECT_TRUE(fault_of({"a", "boolean", "true or false"}, "yes"));
    EXPECT_FALSE(fault_of({"a", "text", "a text"}, ""));
}

TEST(KnownSettings, AreNotJudgedWithoutKnowledge) {
    const auto cluster = cluster_of(R"({"config": {"brand.new": "x", "log.retention.ms": 1}})");

    const auto settings = split_settings(cluster.spec, Inputs{});

    EXPECT_THAT(settings.rejected, IsEmpty());
    EXPECT_EQ(settings.fixed, (api::Texts{{"brand.new", "x"}}));
    EXPECT_EQ(settings.changeable, (api::Texts{{"log.retention.ms", "1"}}));
}

}  // namespace
}  // namespace moldau::specs
