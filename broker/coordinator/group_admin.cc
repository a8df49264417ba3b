// Groups as administrators see them, and this module's rows in the table of handlers.

#include "coordinator/group_admin.h"

#include <utility>

#include "coordinator/ask.h"
#include "coordinator/membership.h"
#include "coordinator/offsets.h"

namespace moldau::coordinator {
namespace {

using security::Operation;
using Described = wire::DescribeGroupsResponse::DescribedGroup;
using Deleted = wire::DeleteGroupsResponse::DeletableGroupResult;
using Listed = std::vector<wire::ListGroupsResponse::ListedGroup>;

Described describe_error(const std::string& group_id, Errc code) {
    Described answer;
    answer.group_id = group_id;
    answer.error_code = kafka_code(code);
    return answer;
}

Task<Result<Listed>> list_on(Shard& owner, const wire::ListGroupsRequest& request) {
    Listed listed;
    std::optional<Error> error;
    owner.coordinator->for_each([&](OffsetsPartition& partition) {
        auto part = partition.shard().list(request);
        if (!part) {
            error = part.error();
            return;
        }
        std::ranges::move(*part, std::back_inserter(listed));
    });
    if (error) co_return fail(*std::move(error));
    co_return listed;
}

}  // namespace

Task<wire::DescribeGroupsResponse> handle_describe_groups(Shard& shard, RequestContext& context,
                                                          wire::DescribeGroupsRequest request) {
    wire::DescribeGroupsResponse response;
    for (const auto& group_id : request.groups) {
        if (!context.may_on_group(Operation::kDescribe, group_id)) {
            response.groups.push_back(describe_error(group_id, Errc::kGroupAuthorizationFailed));
            continue;
        }
        auto described = co_await look_into_group<Described>(
            shard, group_id, [&](const group::Shard& machine) { return machine.describe(group_id, context.api_version); });
        auto& answer = response.groups.emplace_back(described ? *std::move(described)
                                                              : describe_error(group_id, described.error().code));
        if (request.include_authorized_operations && answer.error_code == 0) {
            answer.authorized_operations = security::authorized_operations(context.authorizer, context.principal,
                                                                           {security::ResourceType::kGroup, group_id});
        }
    }
    co_return response;
}

Task<wire::ListGroupsResponse> handle_list_groups(Shard& shard, RequestContext& context, wire::ListGroupsRequest request) {
    wire::ListGroupsResponse response;
    for (auto* owner : shard.node.shards) {
        auto listed = co_await handlers::on_shard(shard, *owner, [&] { return list_on(*owner, request); });
        if (!listed) {
            response.error_code = kafka_code(listed.error().code);
            continue;
        }
        std::ranges::move(*listed, std::back_inserter(response.groups));
    }
    std::erase_if(response.groups,
                  [&](const auto& group) { return !context.may_on_group(Operation::kDescribe, group.group_id); });
    co_return response;
}

Task<wire::DeleteGroupsResponse> handle_delete_groups(Shard& shard, RequestContext& context,
                                                      wire::DeleteGroupsRequest request) {
    wire::DeleteGroupsResponse response;
    for (const auto& group_id : request.groups_names) {
        Result<Deleted> deleted = fail(Errc::kGroupAuthorizationFailed);
        if (context.may_on_group(Operation::kDelete, group_id)) {
            deleted =
                co_await ask_group<Deleted>(shard, group_id, [&](group::Shard& machine, group::RequestToken token, Now now) {
                    return machine.delete_group(token, group_id, now);
                });
        }
        auto& answer = response.results.emplace_back();
        if (deleted)
            answer = *std::move(deleted);
        else
            answer.error_code = kafka_code(deleted.error().code);
        answer.group_id = group_id;
    }
    co_return response;
}

std::span<const handlers::Handler> coordinator_handlers() {
    using handlers::handler_for;
    static constexpr handlers::Handler kRows[] = {
        handler_for<wire::FindCoordinatorRequest, handle_find_coordinator>(),
        handler_for<wire::JoinGroupRequest, handle_join_group>(),
        handler_for<wire::SyncGroupRequest, handle_sync_group>(),
        handler_for<wire::HeartbeatRequest, handle_heartbeat>(),
        handler_for<wire::LeaveGroupRequest, handle_leave_group>(),
        handler_for<wire::OffsetCommitRequest, handle_offset_commit>(),
        handler_for<wire::OffsetFetchRequest, handle_offset_fetch>(),
        handler_for<wire::OffsetDeleteRequest, handle_offset_delete>(),
        handler_for<wire::DescribeGroupsRequest, handle_describe_groups>(),
        handler_for<wire::ListGroupsRequest, handle_list_groups>(),
        handler_for<wire::DeleteGroupsRequest, handle_delete_groups>(),
    };
    return kRows;
}

}  // namespace moldau::coordinator
