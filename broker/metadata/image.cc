// Questions to an image.

#include "metadata/image.h"

#include <algorithm>

namespace moldau::metadata {

const Endpoint* Broker::find_endpoint(std::string_view listener) const {
    const auto found = std::ranges::find(endpoints, listener, &Endpoint::listener);
    return found == endpoints.end() ? nullptr : &*found;
}

std::optional<Uuid> Partition::directory_on(BrokerId broker) const {
    for (std::size_t index = 0; index < replicas.size() && index < directories.size(); ++index) {
        if (replicas[index] == broker) return directories[index];
    }
    return std::nullopt;
}

const Topic* Image::find_topic(std::string_view name) const {
    const Topic* topic = find_colliding(name);
    return topic && topic->name == name ? topic : nullptr;
}

const Topic* Image::find_topic(TopicId id) const {
    const auto* found = by_id_.find(id);
    return found ? found->get() : nullptr;
}

std::shared_ptr<const Topic> Image::topic(std::string_view name) const {
    const auto* found = by_name_.find(name);
    return found && (*found)->name == name ? *found : nullptr;
}

std::shared_ptr<const Topic> Image::topic(TopicId id) const {
    const auto* found = by_id_.find(id);
    return found ? *found : nullptr;
}

const Partition* Image::find_partition(std::string_view topic, PartitionIndex index) const {
    const Topic* found = find_topic(topic);
    return found ? found->find(index) : nullptr;
}

const Topic* Image::find_colliding(std::string_view name) const {
    const auto* found = by_name_.find(name);
    return found ? found->get() : nullptr;
}

std::vector<const Topic*> Image::topics() const {
    std::vector<const Topic*> all;
    all.reserve(by_name_.size());
    for_each_topic([&](const Topic& topic) { all.push_back(&topic); });
    std::ranges::sort(all, {}, [](const Topic* topic) { return std::string_view{topic->name}; });
    return all;
}

const Broker* Image::find_broker(BrokerId id) const {
    const auto found = brokers_->find(id);
    return found == brokers_->end() ? nullptr : &found->second;
}

std::int64_t Image::replicas_in(Uuid directory) const {
    const auto found = replicas_in_->find(directory);
    return found == replicas_in_->end() ? 0 : found->second;
}

const ConfigMap& Image::configs(const ConfigResource& resource) const {
    static const ConfigMap kNone;
    if (resource.type == ConfigResourceType::kTopic) {
        const Topic* topic = find_topic(resource.name);
        return topic ? topic->configs : kNone;
    }
    const auto found = configs_->find(resource);
    return found == configs_->end() ? kNone : found->second;
}

const ConfigMap& Image::broker_configs(BrokerId id) const {
    return configs({ConfigResourceType::kBroker, std::to_string(id.value)});
}

const ConfigMap& Image::cluster_configs() const { return configs({ConfigResourceType::kBroker, ""}); }

}  // namespace moldau::metadata
