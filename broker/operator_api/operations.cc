// The calls, each in a few lines over the parts of this module.

#include "operator_api/operations.h"

#include <fmt/format.h>

#include <utility>

#include "handlers/topic_settings.h"
#include "operator_api/setting_orders.h"
#include "operator_api/stop_verdict.h"
#include "operator_api/topic_orders.h"

namespace moldau::operator_api {
namespace {

using security::Operation;

Uuid incarnation_of(const handlers::Shard& home) {
    const auto* self = home.image->find_broker(home.node.id);
    return self != nullptr ? self->incarnation : Uuid{};
}

void fill_verdict(pb::MayStopResponse& response, const StopVerdict& verdict) {
    response.set_may_stop(verdict.may_stop());
    response.set_partitions_unavailable(verdict.only_replica);
    auto& reasons = *response.mutable_reasons();
    if (verdict.only_in_sync > 0) {
        add_reason(reasons, pb::SEVERITY_ERROR,
                   {"WOULD_LOSE_AVAILABILITY", fmt::format("of {} partitions, {} among them, no other replica is in sync",
                                                           verdict.only_in_sync, verdict.only_in_sync_example)});
    }
    if (verdict.below_min > 0) {
        add_reason(reasons, pb::SEVERITY_ERROR,
                   {"BELOW_MIN_ISR", fmt::format("{} partitions, {} among them, would have fewer in-sync replicas than "
                                                 "min.insync.replicas",
                                                 verdict.below_min, verdict.below_min_example)});
    }
    if (verdict.only_replica > 0) {
        add_reason(reasons, pb::SEVERITY_INFO,
                   {"ONLY_REPLICA", fmt::format("{} partitions have no other replica, they are away while the broker is",
                                                verdict.only_replica)});
    }
}

}  // namespace

Operations::Operations(handlers::Shard& home, std::string version)
    : home_(home),
      version_(std::move(version)),
      history_(incarnation_of(home)),
      preparation_(home),
      settings_epoch_(home.image->end_offset().value) {}

void Operations::follow(const metadata::Image& from, const metadata::Image& to) {
    if (from.other_configs() != to.other_configs()) settings_epoch_ = to.end_offset().value;
    history_.add(from, to);
    on_change_();
}

Task<Result<pb::DescribeTopicsResponse>> Operations::describe_topics(Call& call, const pb::DescribeTopicsRequest& request) {
    return operator_api::describe_topics(home_, call, request);
}
Task<Result<pb::TopicResults>> Operations::create_topics(Call& call, const pb::CreateTopicsRequest& request) {
    return operator_api::create_topics(home_, call, request);
}
Task<Result<pb::TopicResults>> Operations::alter_topics(Call& call, const pb::AlterTopicsRequest& request) {
    return operator_api::alter_topics(home_, call, request);
}
Task<Result<pb::TopicResults>> Operations::delete_topics(Call& call, const pb::DeleteTopicsRequest& request) {
    return operator_api::delete_topics(home_, call, request);
}

Task<Result<pb::DescribeSettingsResponse>> Operations::describe_settings(Call& call, const pb::DescribeSettingsRequest&) {
    auto response = operator_api::describe_settings(home_, call);
    if (response) response->set_epoch(settings_epoch_);
    co_return response;
}

Task<Result<pb::AlterSettingsResponse>> Operations::alter_settings(Call& call, const pb::AlterSettingsRequest& request) {
    if (request.expected_epoch() != 0 && request.expected_epoch() != settings_epoch_) {
        co_return fail(Errc::kInvalidUpdateVersion,
                       fmt::format("the settings' epoch is {}, not {}", settings_epoch_, request.expected_epoch()));
    }
    auto response = co_await operator_api::alter_settings(home_, call, request);
    if (response) response->set_epoch(settings_epoch_);
    co_return response;
}

Task<Result<pb::MayStopResponse>> Operations::may_stop(Call& call, const pb::MayStopRequest& request) {
    MOLDAU_CO_TRY(call.may_on_cluster(Operation::kDescribe));
    const BrokerId id{request.broker_id()};
    const auto* broker = home_.image->find_broker(id);
    if (broker == nullptr) co_return fail(Errc::kBrokerIdNotRegistered, fmt::format("there is no broker {}", id.value));
    const auto& values = *home_.values();
    pb::MayStopResponse response;
    response.set_broker_epoch(broker->epoch);
    fill_verdict(response, judge_stop(*home_.image, id, [&](const metadata::Topic& topic) {
                     return handlers::resolve_topic_settings(topic.name, topic.configs, values).min_insync_replicas;
                 }));
    co_return response;
}

Result<void> Operations::check_self(std::int32_t broker) const {
    if (broker == home_.node.id.value) return {};
    return fail(Errc::kBrokerIdNotRegistered, fmt::format("this is broker {}, not {}", home_.node.id.value, broker));
}

Task<Result<pb::StopProgress>> Operations::prepare_to_stop(Call& call, const pb::PrepareToStopRequest& request) {
    MOLDAU_CO_TRY(call.may_on_cluster(Operation::kAlter));
    MOLDAU_CO_TRY(check_expected(request.expected(), *home_.image));
    MOLDAU_CO_TRY(check_self(request.broker_id()));
    const auto epoch = preparation_.progress().broker_epoch();
    if (request.broker_epoch() != -1 && request.broker_epoch() != epoch) {
        co_return fail(Errc::kStaleBrokerEpoch, fmt::format("broker {} has the epoch {}, not {}", request.broker_id(), epoch,
                                                            request.broker_epoch()));
    }
    preparation_.prepare();
    co_return preparation_.progress();
}

Task<Result<pb::StopProgress>> Operations::stop_progress(Call& call, const pb::GetStopProgressRequest& request) {
    MOLDAU_CO_TRY(call.may_on_cluster(Operation::kDescribe));
    MOLDAU_CO_TRY(check_self(request.broker_id()));
    co_return preparation_.progress();
}

Result<std::unique_ptr<TopicFeed>> Operations::watch(const Call& call, const pb::WatchTopicsRequest& request) const {
    MOLDAU_TRY(call.may_on_cluster(Operation::kDescribe));
    pb::Expected cluster;
    cluster.set_cluster_id(request.expected().cluster_id());
    MOLDAU_TRY(check_expected(cluster, *home_.image));
    return std::make_unique<TopicFeed>(history_, request.resume());
}

void Operations::stamp(pb::TopicChanges& message, const FeedStep& step) const {
    message.set_kind(step.kind);
    message.set_resume(step.resume);
    message.set_metadata_offset(step.image->end_offset().value);
    message.set_metadata_epoch(step.image->epoch().value);
    message.set_settings_epoch(settings_epoch_);
}

Task<std::optional<pb::TopicChanges>> Operations::next(TopicFeed& feed) {
    auto step = feed.next(home_.image);
    if (!step) co_return std::nullopt;
    pb::TopicChanges message;
    stamp(message, *step);
    for (const auto& [id, name] : step->deleted) {
        auto& deleted = *message.add_deleted();
        deleted.set_name(name);
        deleted.set_topic_id(bytes_of(id.value));
    }
    std::vector<TopicToDescribe> described;
    for (const auto* topic : step->topics) described.push_back({topic, message.add_topics()});
    co_await describe(home_, step->image, std::move(described));
    co_return message;
}

pb::TopicChanges Operations::heartbeat(const TopicFeed& feed) const {
    pb::TopicChanges message;
    stamp(message, feed.heartbeat(home_.image));
    return message;
}

}  // namespace moldau::operator_api
