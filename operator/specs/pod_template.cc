// The pod of a broker.

#include "operator/specs/pod_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "operator/specs/names.h"

namespace moldau::specs {
namespace {

using nlohmann::json;

constexpr std::int64_t kUser = 65532;           // the image's
constexpr std::int64_t kGraceSeconds = 120;     // to flush and close all logs
constexpr std::int64_t kStartProbesMax = 1800;  // of a second: a broker that replays a long log answers /livez meanwhile
constexpr std::string_view kConfigFolder = "/etc/moldau";

// Fields of spec.template that replace the operator's as a whole, by their name in a pod's spec.
constexpr std::array kMerged{"nodeSelector",  "affinity",         "topologySpreadConstraints",     "priorityClassName",
                             "schedulerName", "runtimeClassName", "terminationGracePeriodSeconds", "imagePullSecrets"};

json field_env(const char* name, const char* path) {
    return {{"name", name}, {"valueFrom", {{"fieldRef", {{"apiVersion", "v1"}, {"fieldPath", path}}}}}};
}

json probe(const char* path, int period_seconds, int failures_max) {
    return {{"httpGet", {{"path", path}, {"port", "admin"}, {"scheme", "HTTP"}}},
            {"periodSeconds", period_seconds},
            {"timeoutSeconds", 5},
            {"failureThreshold", failures_max}};
}

// A taint does not evict a broker from a node that is silent: nobody but a person or the cloud knows whether it still runs,
// and the operator moves the pod as soon as one of them says so.
json stay_on_silent_node(const char* taint) { return {{"key", taint}, {"operator", "Exists"}, {"effect", "NoExecute"}}; }

json ports(const api::Cluster& cluster) {
    auto list = json::array();
    for (const auto& listener : cluster.spec.listeners) {
        list.push_back({{"name", listener.name}, {"containerPort", listener.port}, {"protocol", "TCP"}});
    }
    list.push_back({{"name", "admin"}, {"containerPort", kAdminPort}, {"protocol", "TCP"}});
    list.push_back({{"name", "operator"}, {"containerPort", kOperatorPort}, {"protocol", "TCP"}});
    return list;
}

json resources(const api::ResourcesSpec& spec) {
    auto object = json::object();
    if (!spec.requests.empty()) object["requests"] = spec.requests;
    if (!spec.limits.empty()) object["limits"] = spec.limits;
    return object;
}

json container(const api::Cluster& cluster, const Environment& environment) {
    return {{"name", kContainer},
            {"image", image(cluster.spec, environment.broker_image)},
            {"imagePullPolicy", cluster.spec.image_pull_policy},
            {"command", {"/usr/bin/moldau-broker"}},
            // Kubernetes puts the pod's name in: every broker has a file of its own.
            {"args", {"--config", fmt::format("{}/$(POD_NAME).properties", kConfigFolder)}},
            {"env",
             {field_env("POD_NAME", "metadata.name"), field_env("POD_NAMESPACE", "metadata.namespace"),
              field_env("POD_NODE_NAME", "spec.nodeName"), field_env("POD_HOST_IP", "status.hostIP")}},
            {"ports", ports(cluster)},
            {"resources", resources(cluster.spec.resources)},
            {"startupProbe", probe("/livez", 1, kStartProbesMax)},
            {"livenessProbe", probe("/livez", 10, 6)},
            {"readinessProbe", probe("/readyz", 1, 3)},
            {"securityContext",
             {{"allowPrivilegeEscalation", false}, {"readOnlyRootFilesystem", true}, {"capabilities", {{"drop", {"ALL"}}}}}},
            // The broker says on its last lines why it does not start.
            {"terminationMessagePolicy", "FallbackToLogsOnError"},
            {"volumeMounts",
             {{{"name", "data"}, {"mountPath", "/var/lib/moldau"}},
              {{"name", "config"}, {"mountPath", kConfigFolder}, {"readOnly", true}},
              {{"name", "tmp"}, {"mountPath", "/tmp"}}}}};
}

json spread_over_nodes(const api::Cluster& cluster) {
    const json term{{"topologyKey", "kubernetes.io/hostname"}, {"labelSelector", {{"matchLabels", selector(cluster)}}}};
    const json preferred{{"weight", 100}, {"podAffinityTerm", term}};
    return {{"podAntiAffinity", {{"preferredDuringSchedulingIgnoredDuringExecution", json::array({preferred})}}}};
}

json pod_spec(const api::Cluster& cluster, const Environment& environment) {
    return {{"serviceAccountName", cluster.metadata.key.name},
            {"automountServiceAccountToken", false},
            {"enableServiceLinks", false},
            {"terminationGracePeriodSeconds", kGraceSeconds},
            {"affinity", spread_over_nodes(cluster)},
            {"tolerations",
             {stay_on_silent_node("node.kubernetes.io/not-ready"), stay_on_silent_node("node.kubernetes.io/unreachable")}},
            {"securityContext",
             {{"runAsNonRoot", true},
              {"runAsUser", kUser},
              {"runAsGroup", kUser},
              {"fsGroup", kUser},
              {"fsGroupChangePolicy", "OnRootMismatch"},
              {"seccompProfile", {{"type", "RuntimeDefault"}}}}},
            {"containers", json::array({container(cluster, environment)})},
            {"volumes",
             {{{"name", "config"}, {"configMap", {{"name", config_name(cluster)}}}},
              {{"name", "tmp"}, {"emptyDir", {{"sizeLimit", "64Mi"}}}}}}};
}

const json* find(const json& object, const char* name, json::value_t type) {
    const auto found = object.find(name);
    return found == object.end() || found->type() != type ? nullptr : &*found;
}

// Adds what `into` does not have.
void add_missing(json& into, const json* from) {
    if (from == nullptr) return;
    for (const auto& [name, value] : from->items()) {
        if (!into.contains(name)) into[name] = value;
    }
}

void replace_fields(json& into, const json* from) {
    if (from != nullptr) into.update(*from);
}

std::string name_in(const json& entry) {
    const auto* name = entry.is_object() ? find(entry, "name", json::value_t::string) : nullptr;
    return name == nullptr ? std::string{} : name->get<std::string>();
}

// Entries of one of the names that are there already, or of `reserved`, are left out: the first one counts.
void append_named(json& into, const json* from, std::string_view reserved = {}) {
    if (from == nullptr) return;
    for (const auto& entry : *from) {
        const auto name = name_in(entry);
        const auto same = [&](const json& other) { return name_in(other) == name; };
        if (name != reserved && std::ranges::none_of(into, same)) into.push_back(entry);
    }
}

void append(json& into, const json* from) {
    if (from != nullptr) into.insert(into.end(), from->begin(), from->end());
}

void merge(json& pod, const json& extra) {
    using enum json::value_t;
    auto& spec = pod["spec"];
    auto& broker = spec["containers"][0];
    if (const auto* metadata = find(extra, "metadata", object)) {
        add_missing(pod["metadata"]["labels"], find(*metadata, "labels", object));
        add_missing(pod["metadata"]["annotations"], find(*metadata, "annotations", object));
    }
    for (const auto* name : kMerged) {
        if (extra.contains(name) && !extra[name].is_null()) spec[name] = extra[name];
    }
    replace_fields(spec["securityContext"], find(extra, "securityContext", object));
    replace_fields(broker["securityContext"], find(extra, "containerSecurityContext", object));
    append(spec["tolerations"], find(extra, "tolerations", array));
    append_named(broker["env"], find(extra, "env", array));
    append_named(spec["volumes"], find(extra, "volumes", array), "data");
    append(broker["volumeMounts"], find(extra, "volumeMounts", array));
}

}  // namespace

nlohmann::json pod_template(const api::Cluster& cluster, const Environment& environment, const std::string& static_hash) {
    json pod{{"metadata", {{"labels", labels(cluster)}, {"annotations", {{kStaticConfigAnnotation, static_hash}}}}},
             {"spec", pod_spec(cluster, environment)}};
    merge(pod, *cluster.spec.pod_template.tree());
    return pod;
}

}  // namespace moldau::specs
