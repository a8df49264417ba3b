// The order DeleteTopics.

#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>

#include "metadata/service.h"
#include "operator_api/topic_orders.h"
#include "wire/delete_topics.h"

namespace moldau::operator_api {
namespace {

constexpr std::int16_t kVersion = 6;  // whose errors are meant

// The topic that is meant; null when there is nothing left to do.
Result<const metadata::Topic*> find(const metadata::Image& image, const pb::TopicDeletion& wanted) {
    MOLDAU_TRY_ASSIGN(id, uuid_of(wanted.topic_id()));
    if (id.is_zero()) {
        const auto* topic = image.find_topic(wanted.name());
        if (topic != nullptr) return topic;
        return fail(Errc::kUnknownTopicOrPartition, fmt::format("there is no topic '{}'", wanted.name()));
    }
    const auto* topic = image.find_topic(TopicId{id});
    if (topic != nullptr && !wanted.name().empty() && topic->name != wanted.name()) {
        return fail(Errc::kInconsistentTopicId,
                    fmt::format("the id {} is that of topic '{}', not '{}'", id.to_string(), topic->name, wanted.name()));
    }
    return topic;
}

using ByTopic = std::map<Uuid, pb::Outcome>;

// An id that somebody else deleted meanwhile is what was wanted.
ByTopic outcomes_of(const wire::DeleteTopicsResponse& response) {
    ByTopic outcomes;
    for (const auto& deleted : response.responses) {
        const bool is_gone = deleted.error_code == kafka_code(Errc::kUnknownTopicId);
        outcomes[deleted.topic_id] =
            outcome_of(is_gone ? std::int16_t{0} : deleted.error_code, deleted.error_message.value_or(""));
    }
    return outcomes;
}

}  // namespace

Task<Result<pb::TopicResults>> delete_topics(handlers::Shard& home, Call& call, const pb::DeleteTopicsRequest& request) {
    MOLDAU_CO_TRY(check_expected(request.expected(), *home.image));
    MOLDAU_CO_TRY(check_batch(request.topics_size()));
    const auto image = home.image;
    pb::TopicResults results;
    wire::DeleteTopicsRequest deletion;
    deletion.timeout_ms = call.timeout_ms();
    std::vector<std::pair<Uuid, pb::TopicResult*>> asked;
    for (const auto& wanted : request.topics()) {
        auto& result = *results.add_results();
        result.set_name(wanted.name());
        auto topic = find(*image, wanted);
        if (topic && *topic != nullptr) {
            result.set_name((*topic)->name);
            if (!call.context.may_on_topic(security::Operation::kDelete, (*topic)->name)) {
                topic = fail(Errc::kTopicAuthorizationFailed);
            }
        }
        if (!topic) *result.mutable_outcome() = outcome_of(topic.error());
        if (!topic || *topic == nullptr) continue;
        deletion.topics.emplace_back().topic_id = (*topic)->id.value;
        asked.emplace_back((*topic)->id.value, &result);
    }
    const auto outcomes = outcomes_of(co_await home.node.metadata->delete_topics(deletion, kVersion));
    for (const auto& [id, result] : asked) *result->mutable_outcome() = outcomes.at(id);
    co_await add_topics(home, results);
    co_return results;
}

}  // namespace moldau::operator_api
