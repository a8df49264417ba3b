// How a Topic looks in JSON, and whose topic is whose.

#include "operator/api/topic.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "operator/api/fields.h"

namespace moldau::api {
namespace {

constexpr std::size_t kNameMax = 249;

bool is_topic_name(std::string_view name) {
    const auto fits = [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '.' ||
               byte == '_' || byte == '-';
    };
    return !name.empty() && name.size() <= kNameMax && name != "." && name != ".." && std::ranges::all_of(name, fits);
}

std::optional<std::int32_t> read_count(const Fields& fields, std::string_view name, std::int64_t most) {
    const auto count = fields.whole(name, {1, most});
    return count ? std::optional{static_cast<std::int32_t>(*count)} : std::nullopt;
}

TopicSpec read_spec(const Fields& fields, const std::string& resource_name) {
    TopicSpec spec;
    spec.cluster = fields.object("clusterRef").text("name").value_or("");
    if (spec.cluster.empty()) fields.fault("clusterRef.name", "write the name of the Cluster");
    spec.name = fields.text("name").value_or(resource_name);
    if (!is_topic_name(spec.name)) {
        fields.fault("name", "write at most 249 letters, digits, '.', '_' and '-'");
    }
    spec.partitions = read_count(fields, "partitions", 100'000);
    spec.replication_factor = read_count(fields, "replicationFactor", 1000);
    spec.config = fields.texts("config").value_or(Texts{});
    if (fields.word("deletionPolicy", {"Delete", "Retain"}) == 1U) spec.deletion_policy = DeletionPolicy::kRetain;
    if (fields.truth("managed") == false) spec.managed = Managed::kWatchOnly;
    if (fields.truth("adopt") == true) spec.adopt = Adopt::kYes;
    return spec;
}

TopicStatus read_status(const nlohmann::json& json) {
    std::vector<std::string> ignored;
    const Fields fields{json, "status", ignored};
    TopicStatus status;
    status.observed_generation = fields.whole("observedGeneration", {0, INT64_MAX}).value_or(0);
    if (json.is_object() && json.contains("conditions")) status.conditions = read_conditions(json["conditions"]);
    status.topic_name = fields.text("topicName").value_or("");
    status.topic_id = fields.text("topicId").value_or("");
    status.cluster_id = fields.text("clusterId").value_or("");
    status.partitions = read_count(fields, "partitions", INT32_MAX);
    status.replication_factor = read_count(fields, "replicationFactor", INT32_MAX);
    return status;
}

// FNV-1a, then the finalizer of splitmix64: every bit of the input moves every bit of the result.
std::uint64_t mix(std::string_view text, std::uint64_t seed) {
    std::uint64_t hash = 0xCBF29CE484222325U ^ seed;
    for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3U;
    hash = (hash ^ (hash >> 30U)) * 0xBF58476D1CE4E5B9U;
    hash = (hash ^ (hash >> 27U)) * 0x94D049BB133111EBU;
    return hash ^ (hash >> 31U);
}

}  // namespace

Topic read_topic(const kube::Object& object) {
    Topic topic;
    topic.metadata = read_metadata(object);
    const auto tree = object.tree();
    const nlohmann::json none;
    const auto spec = tree->find("spec");
    topic.spec = read_spec(Fields{spec == tree->end() ? none : *spec, "spec", topic.faults}, topic.metadata.key.name);
    const auto status = tree->find("status");
    if (status != tree->end()) topic.status = read_status(*status);
    return topic;
}

kube::Object status_object(const Topic& topic, const TopicStatus& status) {
    nlohmann::json json{{"observedGeneration", status.observed_generation},
                        {"conditions", write_conditions(status.conditions)}};
    if (!status.topic_name.empty()) json["topicName"] = status.topic_name;
    if (!status.topic_id.empty()) json["topicId"] = status.topic_id;
    if (!status.cluster_id.empty()) json["clusterId"] = status.cluster_id;
    if (status.partitions) json["partitions"] = *status.partitions;
    if (status.replication_factor) json["replicationFactor"] = *status.replication_factor;
    return kube::Object{{{"apiVersion", kApiVersion},
                         {"kind", "Topic"},
                         {"metadata", {{"name", topic.metadata.key.name}, {"namespace", topic.metadata.key.ns}}},
                         {"status", std::move(json)}}};
}

bool is_older(const Topic& one, const Topic& other) {
    return std::tie(one.metadata.created, one.metadata.uid) < std::tie(other.metadata.created, other.metadata.uid);
}

Uuid topic_id_after(std::string_view resource_uid, std::string_view last) {
    const auto text = std::string{resource_uid} + '/' + std::string{last};
    std::array<std::uint8_t, 16> bytes{};
    for (std::size_t half = 0; half < 2; ++half) {
        const auto word = mix(text, half * 0x9E3779B97F4A7C15U);
        for (std::size_t at = 0; at < 8; ++at) bytes[half * 8 + at] = static_cast<std::uint8_t>(word >> (8 * at));
    }
    return Uuid::from_random(bytes);
}

}  // namespace moldau::api
