// What each record does to the state.

#include "metadata/image_builder.h"

#include <algorithm>
#include <string>

#include "base/check.h"

namespace moldau::metadata {
namespace {

std::unexpected<Error> contradicts(std::string_view record, std::string what) {
    return fail(Errc::kCorrupt, "metadata log: " + std::string{record} + ": " + std::move(what));
}

std::vector<BrokerId> broker_ids(const std::vector<std::int32_t>& numbers) {
    std::vector<BrokerId> ids;
    ids.reserve(numbers.size());
    for (const auto number : numbers) ids.emplace_back(number);
    return ids;
}

}  // namespace

template <class T>
T& ImageBuilder::own(std::shared_ptr<const T>& shared, std::shared_ptr<T>& owned) {
    if (!owned) {
        owned = std::make_shared<T>(*shared);
        shared = owned;
    }
    return *owned;
}

Result<void> ImageBuilder::apply(const AnyRecord& record, Offset offset) {
    return std::visit([&](const auto& one) { return on(one, offset); }, record);
}

ImageRef ImageBuilder::build(Offset end, LeaderEpoch epoch) {
    CHECK(end >= image_.end_offset_);
    image_.end_offset_ = end;
    image_.epoch_ = epoch;
    topics_.clear();
    brokers_.reset();
    replicas_in_.reset();
    configs_.reset();
    features_.reset();
    return std::make_shared<const Image>(image_);
}

Result<void> ImageBuilder::on(const ClusterRecord& record, Offset) {
    if (!image_.cluster_id_.empty() && image_.cluster_id_ != record.cluster_id) {
        return contradicts(record.kName, "cluster " + record.cluster_id + " after " + image_.cluster_id_);
    }
    image_.cluster_id_ = record.cluster_id;
    return {};
}

Result<void> ImageBuilder::on(const FeatureLevelRecord& record, Offset) {
    auto& features = own(image_.features_, features_);
    if (record.level == 0) {
        features.erase(record.name);
    } else {
        features[record.name] = record.level;
    }
    return {};
}

Result<void> ImageBuilder::on(const RegisterBrokerRecord& record, Offset offset) {
    Broker broker;
    broker.id = BrokerId{record.broker_id};
    broker.incarnation = record.incarnation_id;
    broker.epoch = record.broker_epoch >= 0 ? record.broker_epoch : offset.value;
    broker.rack = record.rack;
    for (const auto& endpoint : record.endpoints) {
        broker.endpoints.push_back(
            {endpoint.listener, endpoint.host, endpoint.port, static_cast<SecurityProtocol>(endpoint.security_protocol)});
    }
    broker.directories = record.directories;
    broker.fenced = record.fenced;
    own(image_.brokers_, brokers_)[broker.id] = std::move(broker);
    return {};
}

Result<void> ImageBuilder::on(const UnregisterBrokerRecord& record, Offset) {
    if (own(image_.brokers_, brokers_).erase(BrokerId{record.broker_id}) == 0) {
        return contradicts(record.kName, "broker " + std::to_string(record.broker_id) + " is not registered");
    }
    return {};
}

Result<void> ImageBuilder::on(const BrokerChangeRecord& record, Offset) {
    auto& brokers = own(image_.brokers_, brokers_);
    const auto found = brokers.find(BrokerId{record.broker_id});
    if (found == brokers.end() || found->second.epoch != record.broker_epoch) {
        return contradicts(record.kName, "broker " + std::to_string(record.broker_id) + " is not registered with epoch " +
                                             std::to_string(record.broker_epoch));
    }
    if (record.fenced >= 0) found->second.fenced = record.fenced != 0;
    if (record.directories) found->second.directories = *record.directories;
    return {};
}

Result<void> ImageBuilder::on(const TopicRecord& record, Offset) {
    const TopicId id{record.topic_id};
    if (image_.find_colliding(record.name)) return contradicts(record.kName, "the name " + record.name + " is taken");
    if (image_.find_topic(id)) return contradicts(record.kName, "the id " + id.value.to_string() + " is taken");
    auto topic = std::make_shared<Topic>();
    topic->name = record.name;
    topic->id = id;
    topic->internal = is_internal_topic(record.name);
    put(std::move(topic));
    return {};
}

void ImageBuilder::put(std::shared_ptr<Topic> topic) {
    image_.by_name_.set(topic->name, topic);
    image_.by_id_.set(topic->id, topic);
    topics_[topic->id] = std::move(topic);
}

// The topic for changing, null when there is none.
Topic* ImageBuilder::touch(TopicId id) {
    if (const auto found = topics_.find(id); found != topics_.end()) return found->second.get();
    const Topic* shared = image_.find_topic(id);
    if (!shared) return nullptr;
    auto copy = std::make_shared<Topic>(*shared);
    Topic* topic = copy.get();
    put(std::move(copy));
    return topic;
}

void ImageBuilder::count_replicas(const Partition& partition, Count count) {
    auto& replicas_in = own(image_.replicas_in_, replicas_in_);
    for (const auto& directory : partition.directories) {
        auto& replicas = replicas_in[directory];
        replicas += count == Count::kAdd ? 1 : -1;
        if (replicas == 0) replicas_in.erase(directory);
    }
}

Result<void> ImageBuilder::on(const PartitionRecord& record, Offset) {
    Topic* topic = touch(TopicId{record.topic_id});
    if (!topic) return contradicts(record.kName, "no topic " + record.topic_id.to_string());
    if (record.partition_index < 0 || static_cast<std::size_t>(record.partition_index) != topic->partitions.size()) {
        return contradicts(record.kName, "partition " + std::to_string(record.partition_index) + " of " + topic->name +
                                             ", which has " + std::to_string(topic->partitions.size()));
    }
    Partition partition{broker_ids(record.replicas),      record.directories,
                        broker_ids(record.isr),           BrokerId{record.leader},
                        LeaderEpoch{record.leader_epoch}, record.partition_epoch};
    count_replicas(partition, Count::kAdd);
    topic->partitions.push_back(std::move(partition));
    ++image_.partition_count_;
    return {};
}

Result<void> ImageBuilder::on(const PartitionChangeRecord& record, Offset) {
    Topic* topic = touch(TopicId{record.topic_id});
    if (!topic) return contradicts(record.kName, "no topic " + record.topic_id.to_string());
    if (record.partition_index < 0 || static_cast<std::size_t>(record.partition_index) >= topic->partitions.size()) {
        return contradicts(record.kName, "no partition " + std::to_string(record.partition_index) + " of " + topic->name);
    }
    Partition& partition = topic->partitions[static_cast<std::size_t>(record.partition_index)];
    if (record.isr) partition.isr = broker_ids(*record.isr);
    if (record.replicas) partition.replicas = broker_ids(*record.replicas);
    if (record.directories) {
        count_replicas(partition, Count::kRemove);
        partition.directories = *record.directories;
        count_replicas(partition, Count::kAdd);
    }
    if (record.leader != PartitionChangeRecord{}.leader) {
        partition.leader = BrokerId{record.leader};
        ++partition.leader_epoch.value;
    }
    ++partition.partition_epoch;
    return {};
}

Result<void> ImageBuilder::on(const RemoveTopicRecord& record, Offset) {
    const TopicId id{record.topic_id};
    const auto topic = image_.topic(id);
    if (!topic) return contradicts(record.kName, "no topic " + record.topic_id.to_string());
    for (const auto& partition : topic->partitions) count_replicas(partition, Count::kRemove);
    image_.partition_count_ -= topic->partitions.size();
    image_.by_name_.erase(topic->name);
    image_.by_id_.erase(id);
    topics_.erase(id);
    return {};
}

Result<void> ImageBuilder::on(const ConfigRecord& record, Offset) {
    const ConfigResource resource{static_cast<ConfigResourceType>(record.resource_type), record.resource_name};
    ConfigMap* configs = nullptr;
    if (resource.type == ConfigResourceType::kTopic) {
        const Topic* topic = image_.find_topic(resource.name);
        if (!topic) return contradicts(record.kName, "no topic " + resource.name);
        configs = &touch(topic->id)->configs;
    } else {
        configs = &own(image_.configs_, configs_)[resource];
    }
    if (record.value) {
        (*configs)[record.name] = *record.value;
    } else {
        configs->erase(record.name);
    }
    if (configs->empty() && configs_) configs_->erase(resource);
    return {};
}

Result<void> ImageBuilder::on(const ProducerIdsRecord& record, Offset) {
    if (record.next_producer_id < image_.next_producer_id_) {
        return contradicts(record.kName, "the next id goes back from " + std::to_string(image_.next_producer_id_) + " to " +
                                             std::to_string(record.next_producer_id));
    }
    image_.next_producer_id_ = record.next_producer_id;
    return {};
}

}  // namespace moldau::metadata
