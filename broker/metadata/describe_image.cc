// Which records make an image.

#include "metadata/describe_image.h"

namespace moldau::metadata {
namespace {

std::vector<std::int32_t> numbers(const std::vector<BrokerId>& ids) {
    std::vector<std::int32_t> numbers;
    numbers.reserve(ids.size());
    for (const auto id : ids) numbers.push_back(id.value);
    return numbers;
}

RegisterBrokerRecord describe(const Broker& broker) {
    RegisterBrokerRecord record;
    record.broker_id = broker.id.value;
    record.incarnation_id = broker.incarnation;
    record.broker_epoch = broker.epoch;
    record.rack = broker.rack;
    for (const auto& endpoint : broker.endpoints) {
        auto& to = record.endpoints.emplace_back();
        to.listener = endpoint.listener;
        to.host = endpoint.host;
        to.port = endpoint.port;
        to.security_protocol = static_cast<std::int16_t>(endpoint.security_protocol);
    }
    record.directories = broker.directories;
    record.fenced = broker.fenced;
    return record;
}

PartitionRecord describe(const Topic& topic, std::size_t index) {
    const Partition& partition = topic.partitions[index];
    PartitionRecord record;
    record.topic_id = topic.id.value;
    record.partition_index = static_cast<std::int32_t>(index);
    record.replicas = numbers(partition.replicas);
    record.directories = partition.directories;
    record.isr = numbers(partition.isr);
    record.leader = partition.leader.value;
    record.leader_epoch = partition.leader_epoch.value;
    record.partition_epoch = partition.partition_epoch;
    return record;
}

void describe_configs(const ConfigResource& resource, const ConfigMap& configs, const RecordVisitor& visit) {
    for (const auto& [name, value] : configs) {
        ConfigRecord record;
        record.resource_type = static_cast<std::int8_t>(resource.type);
        record.resource_name = resource.name;
        record.name = name;
        record.value = value;
        visit(std::move(record));
    }
}

}  // namespace

void describe_cluster(const Image& image, const RecordVisitor& visit) {
    if (!image.cluster_id().empty()) {
        ClusterRecord cluster;
        cluster.cluster_id = image.cluster_id();
        visit(std::move(cluster));
    }
    for (const auto& [name, level] : image.features()) {
        FeatureLevelRecord feature;
        feature.name = name;
        feature.level = level;
        visit(std::move(feature));
    }
    if (image.next_producer_id() > 0) {
        ProducerIdsRecord ids;
        ids.next_producer_id = image.next_producer_id();
        visit(std::move(ids));
    }
    for (const auto& [id, broker] : image.brokers()) visit(describe(broker));
    for (const auto& [resource, configs] : image.other_configs()) describe_configs(resource, configs, visit);
}

void describe_topic(const Topic& topic, const RecordVisitor& visit) {
    TopicRecord record;
    record.name = topic.name;
    record.topic_id = topic.id.value;
    visit(std::move(record));
    describe_configs({ConfigResourceType::kTopic, topic.name}, topic.configs, visit);
    for (std::size_t index = 0; index < topic.partitions.size(); ++index) visit(describe(topic, index));
}

}  // namespace moldau::metadata
