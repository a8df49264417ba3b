// The order AlterTopics: configurations side by side, so that one commit takes many; then all new partitions in one request.

#include <fmt/format.h>

#include <map>
#include <utility>

#include "base/task_group.h"
#include "metadata/service.h"
#include "operator_api/config_changes.h"
#include "operator_api/topic_orders.h"
#include "wire/create_partitions.h"

namespace moldau::operator_api {
namespace {

using security::Operation;
using Count = std::map<std::string_view, int>;

Result<void> find(const metadata::Image& image, const pb::TopicAlteration& wanted, const Count& mentions) {
    if (mentions.at(wanted.name()) > 1) return fail(Errc::kInvalidRequest, "the order names the topic twice");
    MOLDAU_TRY_ASSIGN(id, uuid_of(wanted.expected_topic_id()));
    const auto* topic = image.find_topic(wanted.name());
    if (topic == nullptr) {
        return fail(Errc::kUnknownTopicOrPartition, fmt::format("there is no topic '{}'", wanted.name()));
    }
    if (!id.is_zero() && topic->id.value != id) {
        return fail(Errc::kInconsistentTopicId, fmt::format("topic '{}' has the id {}, not {}", wanted.name(),
                                                            topic->id.value.to_string(), id.to_string()));
    }
    return {};
}

// Does the topic need partitions? Errors: kTopicAuthorizationFailed, kInvalidPartitions when it has more.
Result<bool> must_grow(const metadata::Image& image, const Call& call, const pb::TopicAlteration& wanted) {
    if (!wanted.has_partitions()) return false;
    if (!call.context.may_on_topic(Operation::kAlter, wanted.name())) return fail(Errc::kTopicAuthorizationFailed);
    const auto* topic = image.find_topic(wanted.name());
    const auto count = static_cast<std::int32_t>(topic->partitions.size());
    if (wanted.partitions() < count) {
        return fail(Errc::kInvalidPartitions,
                    fmt::format("the topic has {} partitions, which cannot become {}", count, wanted.partitions()));
    }
    return wanted.partitions() > count;
}

Task<void> alter_configs(handlers::Shard& home, Call& call, ConfigOrder order, pb::TopicResult& result) {
    auto done = co_await change_configs(home, call, std::move(order));
    *result.mutable_config_outcome() = std::move(done.whole);
    for (auto& [name, outcome] : done.refused) {
        auto& refused = *result.add_refused_configs();
        refused.set_name(name);
        *refused.mutable_outcome() = std::move(outcome);
    }
}

Task<void> grow(handlers::Shard& home, wire::CreatePartitionsRequest request, pb::TopicResults& results) {
    if (request.topics.empty()) co_return;
    const auto answer = co_await home.node.metadata->create_partitions(request);
    std::map<std::string_view, const wire::CreatePartitionsResponse::CreatePartitionsTopicResult*> by_name;
    for (const auto& grown : answer.results) by_name[grown.name] = &grown;
    for (auto& result : *results.mutable_results()) {
        const auto found = by_name.find(result.name());
        if (found == by_name.end()) continue;
        *result.mutable_outcome() = outcome_of(found->second->error_code, found->second->error_message.value_or(""));
    }
}

}  // namespace

Task<Result<pb::TopicResults>> alter_topics(handlers::Shard& home, Call& call, const pb::AlterTopicsRequest& request) {
    MOLDAU_CO_TRY(check_expected(request.expected(), *home.image));
    MOLDAU_CO_TRY(check_batch(request.topics_size()));
    Count mentions;
    for (const auto& topic : request.topics()) ++mentions[topic.name()];
    const auto execution = request.validate_only() ? metadata::Execution::kValidateOnly : metadata::Execution::kReal;
    wire::CreatePartitionsRequest growth;
    growth.validate_only = request.validate_only();
    growth.timeout_ms = call.timeout_ms();
    pb::TopicResults results;
    TaskGroup configs;
    for (const auto& topic : request.topics()) {
        auto& result = *results.add_results();
        result.set_name(topic.name());
        if (const auto found = find(*home.image, topic, mentions); !found) {
            *result.mutable_outcome() = outcome_of(found.error());
            *result.mutable_config_outcome() = outcome_of(found.error());
            continue;
        }
        const auto grows = must_grow(*home.image, call, topic);
        if (!grows) *result.mutable_outcome() = outcome_of(grows.error());
        if (grows && *grows) {
            auto& partitions = growth.topics.emplace_back();
            partitions.name = topic.name();
            partitions.count = topic.partitions();
            partitions.assignments.reset();
        }
        const metadata::ConfigResource resource{metadata::ConfigResourceType::kTopic, topic.name()};
        configs.start(alter_configs(home, call, {resource, topic.configs(), request.bad_configs(), execution}, result));
    }
    co_await configs.stop();
    co_await grow(home, std::move(growth), results);
    co_await add_topics(home, results);
    co_return results;
}

}  // namespace moldau::operator_api
