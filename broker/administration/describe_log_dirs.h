// DescribeLogDirs: what lies in each log directory, and how much room is left.

#pragma once

#include "handlers/handler_table.h"
#include "wire/describe_log_dirs.h"

namespace moldau::administration {

using handlers::RequestContext;
using handlers::Shard;

// Without topics: all of them. A directory that failed is listed with KAFKA_STORAGE_ERROR and nothing in it. Without the
// right to describe the cluster: CLUSTER_AUTHORIZATION_FAILED, below version 3 an empty list.
Task<wire::DescribeLogDirsResponse> handle_describe_log_dirs(Shard& shard, RequestContext& context,
                                                             wire::DescribeLogDirsRequest request);

}  // namespace moldau::administration
