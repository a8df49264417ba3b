// The membership requests go to the group's machine; finding the coordinator is done here.

#include "coordinator/membership.h"

#include "base/logger.h"
#include "coordinator/ask.h"
#include "handlers/auto_topics.h"

namespace moldau::coordinator {
namespace {

using security::Operation;
using Coordinator = wire::FindCoordinatorResponse::Coordinator;

enum KeyType : std::int8_t { kGroup = 0, kTransaction = 1, kShare = 2 };
constexpr std::int16_t kFirstVersionWithList = 4;

Task<std::optional<Error>> ensure_offsets_topic(Shard& shard) {
    if (shard.image->find_topic(metadata::kConsumerOffsetsTopic) != nullptr) co_return std::nullopt;
    auto failed = co_await handlers::ensure_topics(shard, {std::string(metadata::kConsumerOffsetsTopic)});
    if (failed.empty()) co_return std::nullopt;
    LOG_WARNING("coordinator", "cannot make the offsets topic error=\"{}\"", failed.begin()->second.to_string());
    co_return Error{Errc::kCoordinatorNotAvailable, "the offsets topic cannot be made"};
}

std::optional<Error> refuse(const RequestContext& context, const std::string& key, std::int8_t type) {
    if (type == kTransaction)
        return Error{Errc::kTransactionalIdAuthorizationFailed, "transactions are not part of this version"};
    if (type != kGroup) return Error{Errc::kInvalidRequest, "this version has coordinators of groups only"};
    if (!context.may_on_group(Operation::kDescribe, key)) return Error{Errc::kGroupAuthorizationFailed, {}};
    return std::nullopt;
}

Task<Coordinator> find(Shard& shard, const RequestContext& context, std::string key, std::int8_t type) {
    Coordinator answer;
    answer.key = key;
    answer.node_id = -1;
    answer.port = -1;
    auto error = refuse(context, key, type);
    if (!error) error = co_await ensure_offsets_topic(shard);
    if (error) {
        answer.error_code = kafka_code(error->code);
        answer.error_message = error->context.empty() ? std::string(errc_text(error->code)) : error->context;
        co_return answer;
    }
    const auto* topic = shard.image->find_topic(metadata::kConsumerOffsetsTopic);
    const auto place = place_of(shard, key);
    const auto* partition = place ? topic->find(place->partition) : nullptr;
    const auto* broker = partition ? shard.image->find_broker(partition->leader) : nullptr;
    const auto* endpoint = broker ? broker->find_endpoint(context.listener) : nullptr;
    if (endpoint == nullptr) {
        answer.error_code = kafka_code(Errc::kCoordinatorNotAvailable);
        co_return answer;
    }
    answer.node_id = broker->id.value;
    answer.host = endpoint->host;
    answer.port = endpoint->port;
    co_return answer;
}

// A failure to reach the coordinator, in the form of the response.
template <class Response>
Response answer_or_error(Result<Response> response) {
    if (response) return *std::move(response);
    Response refused;
    refused.error_code = kafka_code(response.error().code);
    return refused;
}

template <class Response>
Response unauthorized() {
    return answer_or_error(Result<Response>(fail(Errc::kGroupAuthorizationFailed)));
}

}  // namespace

Task<wire::FindCoordinatorResponse> handle_find_coordinator(Shard& shard, RequestContext& context,
                                                            wire::FindCoordinatorRequest request) {
    wire::FindCoordinatorResponse response;
    if (context.api_version >= kFirstVersionWithList) {
        for (auto& key : request.coordinator_keys) {
            response.coordinators.push_back(co_await find(shard, context, std::move(key), request.key_type));
        }
        co_return response;
    }
    auto found = co_await find(shard, context, std::move(request.key), request.key_type);
    response.error_code = found.error_code;
    response.error_message = std::move(found.error_message);
    response.node_id = found.node_id;
    response.host = std::move(found.host);
    response.port = found.port;
    co_return response;
}

Task<wire::JoinGroupResponse> handle_join_group(Shard& shard, RequestContext& context, wire::JoinGroupRequest request) {
    using Response = wire::JoinGroupResponse;
    if (!context.may_on_group(Operation::kRead, request.group_id)) co_return unauthorized<Response>();
    const group::JoinFacts facts{
        {context.client_id.value_or(""), context.client_host}, context.api_version, shard.random.next_uuid()};
    auto response = answer_or_error(co_await ask_group<Response>(
        shard, request.group_id, [&](group::Shard& machine, group::RequestToken token, Now now) {
            return machine.join(token, facts, request, now);
        }));
    if (response.error_code != 0 && response.member_id.empty()) response.member_id = request.member_id;
    co_return response;
}

Task<wire::SyncGroupResponse> handle_sync_group(Shard& shard, RequestContext& context, wire::SyncGroupRequest request) {
    using Response = wire::SyncGroupResponse;
    if (!context.may_on_group(Operation::kRead, request.group_id)) co_return unauthorized<Response>();
    co_return answer_or_error(co_await ask_group<Response>(shard, request.group_id,
                                                           [&](group::Shard& machine, group::RequestToken token, Now now) {
                                                               return machine.sync(token, context.api_version, request, now);
                                                           }));
}

Task<wire::HeartbeatResponse> handle_heartbeat(Shard& shard, RequestContext& context, wire::HeartbeatRequest request) {
    using Response = wire::HeartbeatResponse;
    if (!context.may_on_group(Operation::kRead, request.group_id)) co_return unauthorized<Response>();
    co_return answer_or_error(co_await ask_group<Response>(
        shard, request.group_id,
        [&](group::Shard& machine, group::RequestToken token, Now now) { return machine.heartbeat(token, request, now); }));
}

Task<wire::LeaveGroupResponse> handle_leave_group(Shard& shard, RequestContext& context, wire::LeaveGroupRequest request) {
    using Response = wire::LeaveGroupResponse;
    if (!context.may_on_group(Operation::kRead, request.group_id)) co_return unauthorized<Response>();
    co_return answer_or_error(co_await ask_group<Response>(
        shard, request.group_id, [&](group::Shard& machine, group::RequestToken token, Now now) {
            return machine.leave(token, context.api_version, request, now);
        }));
}

}  // namespace moldau::coordinator
