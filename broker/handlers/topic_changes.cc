// Takes out what the principal may not do, sends the rest to the metadata's core.

#include "handlers/topic_changes.h"

#include <utility>

#include "handlers/shard.h"
#include "metadata/service.h"

namespace moldau::handlers {
namespace {

using security::Operation;

// Moves the elements for which `allowed` is false out of `from`.
template <class Element, class Allowed>
std::vector<Element> take_refused(std::vector<Element>& from, Allowed allowed) {
    std::vector<Element> refused;
    std::erase_if(from, [&](Element& element) {
        if (allowed(element)) return false;
        refused.push_back(std::move(element));
        return true;
    });
    return refused;
}

}  // namespace

Task<wire::CreateTopicsResponse> handle_create_topics(Shard& shard, RequestContext& context,
                                                      wire::CreateTopicsRequest request) {
    const bool on_cluster = context.may_on_cluster(Operation::kCreate);
    const auto refused = take_refused(request.topics, [&](const auto& topic) {
        return on_cluster || context.may_on_topic(Operation::kCreate, topic.name);
    });
    auto& node = shard.node;
    auto response = co_await on_shard(shard, node.metadata_shard(), [&] { return node.metadata->create_topics(request); });
    for (const auto& topic : refused) {
        auto& answer = response.topics.emplace_back();
        answer.name = topic.name;
        answer.error_code = kafka_code(Errc::kTopicAuthorizationFailed);
    }
    co_return response;
}

Task<wire::DeleteTopicsResponse> handle_delete_topics(Shard& shard, RequestContext& context,
                                                      wire::DeleteTopicsRequest request) {
    const auto refused_names =
        take_refused(request.topic_names, [&](const auto& name) { return context.may_on_topic(Operation::kDelete, name); });
    const auto refused = take_refused(request.topics, [&](const auto& topic) {
        const auto* known = topic.name ? nullptr : shard.image->find_topic(TopicId{topic.topic_id});
        const auto name = topic.name ? *topic.name : known ? known->name : std::string{};
        return context.may_on_topic(Operation::kDelete, name);
    });
    auto& node = shard.node;
    auto response = co_await on_shard(shard, node.metadata_shard(),
                                      [&] { return node.metadata->delete_topics(request, context.api_version); });
    for (const auto& name : refused_names) {
        auto& answer = response.responses.emplace_back();
        answer.name = name;
        answer.error_code = kafka_code(Errc::kTopicAuthorizationFailed);
    }
    for (const auto& topic : refused) {
        auto& answer = response.responses.emplace_back();
        answer.name = topic.name;
        answer.topic_id = topic.topic_id;
        answer.error_code = kafka_code(Errc::kTopicAuthorizationFailed);
    }
    co_return response;
}

Task<wire::CreatePartitionsResponse> handle_create_partitions(Shard& shard, RequestContext& context,
                                                              wire::CreatePartitionsRequest request) {
    const auto refused =
        take_refused(request.topics, [&](const auto& topic) { return context.may_on_topic(Operation::kAlter, topic.name); });
    auto& node = shard.node;
    auto response =
        co_await on_shard(shard, node.metadata_shard(), [&] { return node.metadata->create_partitions(request); });
    for (const auto& topic : refused) {
        auto& answer = response.results.emplace_back();
        answer.name = topic.name;
        answer.error_code = kafka_code(Errc::kTopicAuthorizationFailed);
    }
    co_return response;
}

}  // namespace moldau::handlers
