// The verbs about brokers, producer ids and settings.

#include "metadata/controller.h"

#include <algorithm>
#include <limits>
#include <string>

#include "metadata/topic_name.h"

namespace moldau::metadata {
namespace {

RegisterBrokerRecord record_of(const BrokerRegistration& registration) {
    RegisterBrokerRecord record;
    record.broker_id = registration.id.value;
    record.incarnation_id = registration.incarnation;
    record.rack = registration.rack;
    for (const auto& endpoint : registration.endpoints) {
        auto& to = record.endpoints.emplace_back();
        to.listener = endpoint.listener;
        to.host = endpoint.host;
        to.port = endpoint.port;
        to.security_protocol = static_cast<std::int16_t>(endpoint.security_protocol);
    }
    record.directories = registration.directories;
    return record;
}

// A directory belongs to one broker.
Result<void> check_directories(const Image& image, const BrokerRegistration& registration) {
    for (const auto& [id, broker] : image.brokers()) {
        if (id == registration.id) continue;
        for (const auto& directory : registration.directories) {
            if (std::ranges::find(broker.directories, directory) == broker.directories.end()) continue;
            return fail(Errc::kInvalidRegistration,
                        "the directory " + directory.to_string() + " belongs to broker " + std::to_string(id.value));
        }
    }
    return {};
}

// Is there such a thing? Brokers are named by their ids, "" are all of them.
Result<void> check_resource(const Image& image, const ConfigResource& resource) {
    if (resource.type == ConfigResourceType::kTopic) {
        MOLDAU_TRY(validate_topic_name(resource.name));
        if (!image.find_topic(resource.name)) {
            return fail(Errc::kUnknownTopicOrPartition, "there is no topic '" + resource.name + "'");
        }
    }
    if (resource.type != ConfigResourceType::kBroker || resource.name.empty()) return {};
    const auto is_it = [&](const auto& broker) { return std::to_string(broker.first.value) == resource.name; };
    if (std::ranges::any_of(image.brokers(), is_it)) return {};
    return fail(Errc::kBrokerIdNotRegistered, "there is no broker '" + resource.name + "'");
}

ConfigRecord config_record(const ConfigResource& resource, const std::string& name, std::optional<std::string> value) {
    ConfigRecord record;
    record.resource_type = static_cast<std::int8_t>(resource.type);
    record.resource_name = resource.name;
    record.name = name;
    record.value = std::move(value);
    return record;
}

bool is_same(const Broker& broker, const BrokerRegistration& registration) {
    return broker.incarnation == registration.incarnation && broker.rack == registration.rack &&
           broker.endpoints == registration.endpoints && broker.directories == registration.directories && !broker.fenced;
}

}  // namespace

Result<Decision<std::int64_t>> Controller::register_broker(const Image& image,
                                                           const BrokerRegistration& registration) const {
    if (registration.id.value < 0) return fail(Errc::kInvalidRegistration, "a broker id is not negative");
    MOLDAU_TRY(check_directories(image, registration));
    const Broker* before = image.find_broker(registration.id);
    if (before && is_same(*before, registration)) return Decision<std::int64_t>{{}, before->epoch};
    Decision<std::int64_t> decision{{record_of(registration)}, -1};
    if (!before || before->incarnation == registration.incarnation) return decision;
    for (const Topic* topic : image.topics()) {
        for (std::size_t index = 0; index < topic->partitions.size(); ++index) {
            if (topic->partitions[index].leader != registration.id) continue;
            PartitionChangeRecord change;
            change.topic_id = topic->id.value;
            change.partition_index = static_cast<std::int32_t>(index);
            change.leader = registration.id.value;
            decision.records.emplace_back(std::move(change));
        }
    }
    return decision;
}

Result<Decision<ProducerIdBlock>> Controller::allocate_producer_ids(const Image& image, BrokerId broker) const {
    const std::int64_t first = image.next_producer_id();
    if (first > std::numeric_limits<std::int64_t>::max() - kProducerIdBlockSize) {
        return fail(Errc::kUnknownServerError, "all producer ids are used up");
    }
    ProducerIdsRecord record;
    record.broker_id = broker.value;
    const Broker* registered = image.find_broker(broker);
    record.broker_epoch = registered ? registered->epoch : -1;
    record.next_producer_id = first + kProducerIdBlockSize;
    return Decision<ProducerIdBlock>{{std::move(record)}, {ProducerId{first}, kProducerIdBlockSize}};
}

Result<Decision<std::monostate>> Controller::alter_configs(const Image& image, const ConfigResource& resource,
                                                           const ConfigEdit& edit) const {
    MOLDAU_TRY(check_resource(image, resource));
    const ConfigMap& before = image.configs(resource);
    MOLDAU_TRY_ASSIGN(after, edit(before));
    Decision<std::monostate> decision;
    for (const auto& [name, value] : before) {
        if (!after.contains(name)) decision.records.emplace_back(config_record(resource, name, std::nullopt));
    }
    for (const auto& [name, value] : after) {
        const auto found = before.find(name);
        if (found == before.end() || found->second != value) {
            decision.records.emplace_back(config_record(resource, name, value));
        }
    }
    return decision;
}

std::vector<AnyRecord> Controller::bootstrap(const std::string& cluster_id) const {
    ClusterRecord cluster;
    cluster.cluster_id = cluster_id;
    FeatureLevelRecord feature;
    feature.name = kMetadataFeature;
    feature.level = kMetadataFeatureLevel;
    return {std::move(cluster), std::move(feature)};
}

}  // namespace moldau::metadata
