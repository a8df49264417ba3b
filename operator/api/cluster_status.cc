// A Cluster's status to JSON and back.

#include "operator/api/cluster_status.h"

#include <nlohmann/json.hpp>

#include "operator/api/fields.h"

namespace moldau::api {
namespace {

std::int32_t number(const Fields& fields, std::string_view name) {
    return static_cast<std::int32_t>(fields.whole(name, {0, INT32_MAX}).value_or(0));
}

void put(nlohmann::json& object, const char* name, const std::string& text) {
    if (!text.empty()) object[name] = text;
}

ListenerStatus read_listener(const Fields& fields) {
    return {.name = fields.text("name").value_or(""),
            .bootstrap = fields.text("bootstrap").value_or(""),
            .addresses = fields.list("addresses").value_or(std::vector<std::string>{})};
}

nlohmann::json write_listener(const ListenerStatus& listener) {
    nlohmann::json object{{"name", listener.name}};
    put(object, "bootstrap", listener.bootstrap);
    if (!listener.addresses.empty()) object["addresses"] = listener.addresses;
    return object;
}

BrokerStatus read_broker(const Fields& fields) {
    return {.id = number(fields, "id"),
            .pod = fields.text("pod").value_or(""),
            .node = fields.text("node").value_or(""),
            .version = fields.text("version").value_or(""),
            .ready = fields.truth("ready").value_or(false),
            .state = fields.text("state").value_or(""),
            .reason = fields.text("reason").value_or(""),
            .restart_pending = fields.truth("restartPending").value_or(false)};
}

nlohmann::json write_broker(const BrokerStatus& broker) {
    nlohmann::json object{{"id", broker.id}, {"ready", broker.ready}, {"restartPending", broker.restart_pending}};
    put(object, "pod", broker.pod);
    put(object, "node", broker.node);
    put(object, "version", broker.version);
    put(object, "state", broker.state);
    put(object, "reason", broker.reason);
    return object;
}

}  // namespace

ClusterStatus read_cluster_status(const nlohmann::json& json) {
    std::vector<std::string> ignored;
    const Fields fields{json, "status", ignored};
    ClusterStatus status;
    status.observed_generation = fields.whole("observedGeneration", {0, INT64_MAX}).value_or(0);
    if (json.is_object() && json.contains("conditions")) status.conditions = read_conditions(json["conditions"]);
    status.replicas = number(fields, "replicas");
    status.ready_replicas = number(fields, "readyReplicas");
    status.selector = fields.text("selector").value_or("");
    status.version = fields.text("version").value_or("");
    status.image = fields.text("image").value_or("");
    status.cluster_id = fields.text("clusterId").value_or("");
    status.bootstrap = fields.text("bootstrap").value_or("");
    status.topics = fields.whole("topics", {0, INT32_MAX});
    fields.each("listeners", [&](const Fields& entry) { status.listeners.push_back(read_listener(entry)); });
    fields.each("brokers", [&](const Fields& entry) { status.brokers.push_back(read_broker(entry)); });
    return status;
}

nlohmann::json write_cluster_status(const ClusterStatus& status) {
    nlohmann::json json{{"observedGeneration", status.observed_generation},
                        {"conditions", write_conditions(status.conditions)},
                        {"replicas", status.replicas},
                        {"readyReplicas", status.ready_replicas}};
    put(json, "selector", status.selector);
    put(json, "version", status.version);
    put(json, "image", status.image);
    put(json, "clusterId", status.cluster_id);
    put(json, "bootstrap", status.bootstrap);
    if (status.topics) json["topics"] = *status.topics;
    for (const auto& listener : status.listeners) json["listeners"].push_back(write_listener(listener));
    for (const auto& broker : status.brokers) json["brokers"].push_back(write_broker(broker));
    return json;
}

}  // namespace moldau::api
