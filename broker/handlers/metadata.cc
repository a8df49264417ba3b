// Metadata, from the image; auto-creation before it.

#include "handlers/metadata.h"

#include <map>
#include <utility>

#include "handlers/auto_topics.h"
#include "handlers/shard.h"

namespace moldau::handlers {
namespace {

using wire::MetadataRequest;
using wire::MetadataResponse;
using Topic = MetadataResponse::MetadataResponseTopic;
using security::Operation;

constexpr std::int16_t kFirstVersionWithFlag = 4;  // below it, asking always allows creation

// The names that may and shall be made.
std::vector<std::string> missing_topics(const Shard& shard, const RequestContext& context, const MetadataRequest& request) {
    std::vector<std::string> missing;
    const bool asked = context.api_version < kFirstVersionWithFlag || request.allow_auto_topic_creation;
    if (!asked || !request.topics || !shard.values()->boolean("auto.create.topics.enable")) return missing;
    for (const auto& topic : *request.topics) {
        if (!topic.name || shard.image->find_topic(*topic.name) != nullptr) continue;
        if (!context.may_on_topic(Operation::kDescribe, *topic.name)) continue;
        const bool may_create =
            context.may_on_cluster(Operation::kCreate) || context.may_on_topic(Operation::kCreate, *topic.name);
        if (may_create) missing.push_back(*topic.name);
    }
    return missing;
}

void describe_partitions(const metadata::Topic& topic, const metadata::Image& image, Topic& answer) {
    for (std::size_t index = 0; index < topic.partitions.size(); ++index) {
        const auto& partition = topic.partitions[index];
        auto& row = answer.partitions.emplace_back();
        row.partition_index = static_cast<std::int32_t>(index);
        row.leader_id = partition.leader.value;
        row.leader_epoch = partition.leader_epoch.value;
        if (partition.leader == metadata::kNoBroker) row.error_code = kafka_code(Errc::kLeaderNotAvailable);
        for (const auto replica : partition.replicas) {
            row.replica_nodes.push_back(replica.value);
            const auto* broker = image.find_broker(replica);
            if (broker == nullptr || broker->fenced) row.offline_replicas.push_back(replica.value);
        }
        for (const auto replica : partition.isr) row.isr_nodes.push_back(replica.value);
    }
}

Topic describe(const RequestContext& context, const metadata::Topic& topic, const metadata::Image& image,
               const MetadataRequest& request) {
    Topic answer;
    answer.name = topic.name;
    answer.topic_id = topic.id.value;
    answer.is_internal = topic.internal;
    describe_partitions(topic, image, answer);
    if (request.include_topic_authorized_operations) {
        answer.topic_authorized_operations = security::authorized_operations(context.authorizer, context.principal,
                                                                             {security::ResourceType::kTopic, topic.name});
    }
    return answer;
}

Topic refuse(const MetadataRequest::MetadataRequestTopic& asked, Errc code) {
    Topic answer;
    answer.error_code = kafka_code(code);
    answer.name = asked.name;
    answer.topic_id = asked.topic_id;
    return answer;
}

Topic describe_asked(const RequestContext& context, const MetadataRequest::MetadataRequestTopic& asked,
                     const metadata::Image& image, const MetadataRequest& request) {
    const bool by_id = !asked.name || !asked.topic_id.is_zero();
    const auto* topic = by_id ? image.find_topic(TopicId{asked.topic_id}) : image.find_topic(*asked.name);
    if (!by_id && !context.may_on_topic(Operation::kDescribe, *asked.name))
        return refuse(asked, Errc::kTopicAuthorizationFailed);
    if (topic != nullptr && context.may_on_topic(Operation::kDescribe, topic->name))
        return describe(context, *topic, image, request);
    if (by_id) return refuse(asked, Errc::kUnknownTopicId);
    const bool valid = metadata::validate_topic_name(*asked.name).has_value();
    return refuse(asked, valid ? Errc::kUnknownTopicOrPartition : Errc::kInvalidTopicException);
}

void describe_brokers(const RequestContext& context, const metadata::Image& image, MetadataResponse& response) {
    for (const auto& [id, broker] : image.brokers()) {
        const auto* endpoint = broker.find_endpoint(context.listener);
        if (endpoint == nullptr || broker.fenced) continue;
        auto& row = response.brokers.emplace_back();
        row.node_id = id.value;
        row.host = endpoint->host;
        row.port = endpoint->port;
        row.rack = broker.rack;
    }
}

bool wants_all(const RequestContext& context, const MetadataRequest& request) {
    return !request.topics || (context.api_version == 0 && request.topics->empty());
}

}  // namespace

Task<MetadataResponse> handle_metadata(Shard& shard, RequestContext& context, MetadataRequest request) {
    std::map<std::string, Error> not_created;
    if (auto missing = missing_topics(shard, context, request); !missing.empty()) {
        not_created = co_await ensure_topics(shard, std::move(missing));
    }

    const auto image = shard.image;
    MetadataResponse response;
    describe_brokers(context, *image, response);
    response.cluster_id = image->cluster_id();
    response.controller_id = image->controller().value;
    if (wants_all(context, request)) {
        for (const auto* topic : image->topics()) {
            if (!context.may_on_topic(Operation::kDescribe, topic->name)) continue;
            response.topics.push_back(describe(context, *topic, *image, request));
        }
    } else {
        for (const auto& asked : *request.topics) {
            auto& answer = response.topics.emplace_back(describe_asked(context, asked, *image, request));
            const auto failed = asked.name ? not_created.find(*asked.name) : not_created.end();
            if (answer.error_code != 0 && failed != not_created.end()) answer.error_code = kafka_code(failed->second.code);
        }
    }
    if (request.include_cluster_authorized_operations) {
        response.cluster_authorized_operations = security::authorized_operations(
            context.authorizer, context.principal, {security::ResourceType::kCluster, "kafka-cluster"});
    }
    co_return response;
}

}  // namespace moldau::handlers
