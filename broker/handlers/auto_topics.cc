// Auto-creation, on the core that has the metadata.

#include "handlers/auto_topics.h"

#include <utility>

#include "handlers/shard.h"
#include "metadata/service.h"

namespace moldau::handlers {
namespace {

metadata::AutoTopic auto_topic(std::string name, const settings::Values& values) {
    metadata::AutoTopic topic;
    topic.configs = internal_topic_configs(name, values);
    if (name == metadata::kConsumerOffsetsTopic) {
        topic.partitions = static_cast<std::int32_t>(values.integer("offsets.topic.num.partitions"));
        topic.replication_factor = static_cast<std::int16_t>(values.integer("offsets.topic.replication.factor"));
    }
    topic.name = std::move(name);
    return topic;
}

}  // namespace

Task<std::map<std::string, Error>> ensure_topics(Shard& home, std::vector<std::string> names) {
    std::vector<metadata::AutoTopic> topics;
    for (auto& name : names) topics.push_back(auto_topic(std::move(name), *home.values()));
    auto& node = home.node;
    const auto results =
        co_await on_shard(home, node.metadata_shard(), [&] { return node.metadata->ensure_topics(std::move(topics)); });
    std::map<std::string, Error> failed;
    for (const auto& result : results) {
        if (!result.topic) failed.emplace(result.name, result.topic.error());
    }
    co_return failed;
}

}  // namespace moldau::handlers
