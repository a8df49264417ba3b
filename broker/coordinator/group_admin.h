// DescribeGroups, ListGroups and DeleteGroups.

#pragma once

#include <span>

#include "handlers/handler_table.h"
#include "wire/delete_groups.h"
#include "wire/describe_groups.h"
#include "wire/list_groups.h"

namespace moldau::coordinator {

using handlers::RequestContext;
using handlers::Shard;

Task<wire::DescribeGroupsResponse> handle_describe_groups(Shard& shard, RequestContext& context,
                                                          wire::DescribeGroupsRequest request);
// Asks every coordinator of every core. One that still loads makes the answer COORDINATOR_LOAD_IN_PROGRESS, as in Kafka.
Task<wire::ListGroupsResponse> handle_list_groups(Shard& shard, RequestContext& context, wire::ListGroupsRequest request);
Task<wire::DeleteGroupsResponse> handle_delete_groups(Shard& shard, RequestContext& context,
                                                      wire::DeleteGroupsRequest request);

// All of this module.
std::span<const handlers::Handler> coordinator_handlers();

}  // namespace moldau::coordinator
