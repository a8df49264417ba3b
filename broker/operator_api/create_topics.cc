// The order CreateTopics.

#include <map>
#include <utility>

#include "metadata/service.h"
#include "operator_api/topic_orders.h"
#include "settings/values.h"
#include "wire/create_topics.h"

namespace moldau::operator_api {
namespace {

using security::Operation;

// The order as the metadata wants it, and the results that it will fill.
struct Draft {
    wire::CreateTopicsRequest request;
    metadata::WantedIds ids;
    pb::TopicResults results;
};

// What a topic's configuration becomes when bad values are left out.
void take_configs(const pb::NewTopic& topic, pb::BadConfigs bad, wire::CreateTopicsRequest::CreatableTopic& to,
                  pb::TopicResult& result) {
    for (const auto& [name, value] : topic.configs()) {
        const auto checked = settings::check_topic_value(name, value);
        if (!checked && bad == pb::BAD_CONFIGS_LEAVE_OUT) {
            auto& refused = *result.add_refused_configs();
            refused.set_name(name);
            *refused.mutable_outcome() = outcome_of(checked.error());
            continue;
        }
        auto& config = to.configs.emplace_back();
        config.name = name;
        config.value = value;
    }
}

// The metadata's own number for "as the broker's default" is not the caller's to use.
Result<void> check_counts(const pb::NewTopic& topic) {
    if (topic.has_partitions() && topic.partitions() < 1) {
        return fail(Errc::kInvalidPartitions, "the number of partitions must be at least 1");
    }
    if (topic.has_replication_factor() && (topic.replication_factor() < 1 || topic.replication_factor() > 0x7fff)) {
        return fail(Errc::kInvalidReplicationFactor, "the replication factor must be at least 1");
    }
    return {};
}

Result<void> add(Draft& draft, const Call& call, const pb::CreateTopicsRequest& order, const pb::NewTopic& topic) {
    auto& result = *draft.results.add_results();
    result.set_name(topic.name());
    const auto& context = call.context;
    if (!context.may_on_cluster(Operation::kCreate) && !context.may_on_topic(Operation::kCreate, topic.name())) {
        *result.mutable_outcome() = outcome_of(Error{Errc::kTopicAuthorizationFailed, {}});
        return {};
    }
    if (const auto checked = check_counts(topic); !checked) {
        *result.mutable_outcome() = outcome_of(checked.error());
        return {};
    }
    MOLDAU_TRY_ASSIGN(id, uuid_of(topic.topic_id()));
    if (!id.is_zero()) draft.ids[topic.name()] = TopicId{id};
    auto& to = draft.request.topics.emplace_back();
    to.name = topic.name();
    to.num_partitions = topic.has_partitions() ? topic.partitions() : -1;
    to.replication_factor = static_cast<std::int16_t>(topic.has_replication_factor() ? topic.replication_factor() : -1);
    take_configs(topic, order.bad_configs(), to, result);
    return {};
}

// A topic that is there already is right when it is the one that was wanted.
bool is_done_already(const metadata::Image& image, const Draft& draft, const std::string& name) {
    const auto wanted = draft.ids.find(name);
    const auto* topic = image.find_topic(name);
    return wanted != draft.ids.end() && topic != nullptr && topic->id == wanted->second;
}

}  // namespace

Task<Result<pb::TopicResults>> create_topics(handlers::Shard& home, Call& call, const pb::CreateTopicsRequest& request) {
    MOLDAU_CO_TRY(check_expected(request.expected(), *home.image));
    MOLDAU_CO_TRY(check_batch(request.topics_size()));
    Draft draft;
    draft.request.validate_only = request.validate_only();
    draft.request.timeout_ms = call.timeout_ms();
    for (const auto& topic : request.topics()) MOLDAU_CO_TRY(add(draft, call, request, topic));

    const auto answer = co_await home.node.metadata->create_topics(draft.request, draft.ids);
    std::map<std::string_view, const wire::CreateTopicsResponse::CreatableTopicResult*> by_name;
    for (const auto& created : answer.topics) by_name[created.name] = &created;
    for (auto& result : *draft.results.mutable_results()) {
        const auto found = by_name.find(result.name());
        if (found == by_name.end() || result.outcome().code() != 0) continue;
        const auto& created = *found->second;
        const bool exists = created.error_code == kafka_code(Errc::kTopicAlreadyExists);
        if (exists && is_done_already(*home.image, draft, created.name)) continue;
        *result.mutable_outcome() = outcome_of(created.error_code, created.error_message.value_or(""));
    }
    co_await add_topics(home, draft.results);
    co_return std::move(draft.results);
}

}  // namespace moldau::operator_api
