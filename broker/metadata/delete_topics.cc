// The verb DeleteTopics.

#include <map>
#include <set>

#include "metadata/controller.h"

namespace moldau::metadata {
namespace {

using Request = wire::DeleteTopicsRequest;
using Response = wire::DeleteTopicsResponse;
using State = Request::DeleteTopicState;

// The topics asked for in the form of version 6, whatever the version.
std::vector<State> topics_of(const Request& request) {
    std::vector<State> topics = request.topics;
    for (const auto& name : request.topic_names) topics.emplace_back().name = name;
    return topics;
}

Result<const Topic*> find(const Image& image, const State& state) {
    if (state.name && !state.topic_id.is_zero()) {
        return fail(Errc::kInvalidRequest, "give the topic's name or its id, not both");
    }
    if (state.name) {
        const Topic* topic = image.find_topic(*state.name);
        if (!topic) return fail(Errc::kUnknownTopicOrPartition, "there is no topic '" + *state.name + "'");
        return topic;
    }
    if (state.topic_id.is_zero()) return fail(Errc::kInvalidRequest, "give the topic's name or its id");
    const Topic* topic = image.find_topic(TopicId{state.topic_id});
    if (!topic) return fail(Errc::kUnknownTopicId, "there is no topic with the id " + state.topic_id.to_string());
    return topic;
}

Error disabled(std::int16_t version) {
    return {version < 3 ? Errc::kInvalidRequest : Errc::kTopicDeletionDisabled, "delete.topic.enable is false"};
}

}  // namespace

Decision<Response> Controller::delete_topics(const Image& image, const Request& request, std::int16_t version) const {
    const std::vector<State> topics = topics_of(request);
    std::map<TopicId, std::size_t> mentions;
    for (const auto& state : topics) {
        if (const auto topic = find(image, state)) ++mentions[(*topic)->id];
    }
    std::set<std::pair<std::optional<std::string>, Uuid>> answered;
    Decision<Response> decision;
    for (const auto& state : topics) {
        if (!answered.emplace(state.name, state.topic_id).second) continue;
        auto& result = decision.answer.responses.emplace_back();
        result.name = state.name;
        result.topic_id = state.topic_id;
        auto topic = find(image, state);
        if (topic && mentions[(*topic)->id] > 1) topic = fail(Errc::kInvalidRequest, "the request names the topic twice");
        if (options_.topic_deletion == ControllerOptions::TopicDeletion::kDisabled) topic = fail(disabled(version));
        if (!topic) {
            result.error_code = kafka_code(topic.error().code);
            result.error_message = topic.error().context;
            continue;
        }
        result.name = (*topic)->name;
        result.topic_id = (*topic)->id.value;
        RemoveTopicRecord record;
        record.topic_id = (*topic)->id.value;
        decision.records.emplace_back(std::move(record));
    }
    return decision;
}

}  // namespace moldau::metadata
