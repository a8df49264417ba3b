// FindCoordinator, JoinGroup, SyncGroup, Heartbeat and LeaveGroup.

#pragma once

#include "handlers/handler_table.h"
#include "wire/find_coordinator.h"
#include "wire/heartbeat.h"
#include "wire/join_group.h"
#include "wire/leave_group.h"
#include "wire/sync_group.h"

namespace moldau::coordinator {

using handlers::RequestContext;
using handlers::Shard;

// Makes `__consumer_offsets` at the first question for a group. Transactions are refused with
// TRANSACTIONAL_ID_AUTHORIZATION_FAILED, share groups with INVALID_REQUEST (docs/compatibility.md).
Task<wire::FindCoordinatorResponse> handle_find_coordinator(Shard& shard, RequestContext& context,
                                                            wire::FindCoordinatorRequest request);
Task<wire::JoinGroupResponse> handle_join_group(Shard& shard, RequestContext& context, wire::JoinGroupRequest request);
Task<wire::SyncGroupResponse> handle_sync_group(Shard& shard, RequestContext& context, wire::SyncGroupRequest request);
Task<wire::HeartbeatResponse> handle_heartbeat(Shard& shard, RequestContext& context, wire::HeartbeatRequest request);
Task<wire::LeaveGroupResponse> handle_leave_group(Shard& shard, RequestContext& context, wire::LeaveGroupRequest request);

}  // namespace moldau::coordinator
