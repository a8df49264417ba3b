// DescribeCluster: who is there.

#pragma once

#include "handlers/handler_table.h"
#include "wire/describe_cluster.h"

namespace moldau::handlers {

// Brokers only: asking for controllers (endpoint type 2) is answered with MISMATCHED_ENDPOINT_TYPE (KIP-919).
Task<wire::DescribeClusterResponse> handle_describe_cluster(Shard& shard, RequestContext& context,
                                                            wire::DescribeClusterRequest request);

}  // namespace moldau::handlers
