// DescribeProducers (KIP-664): the idempotent producers that a partition remembers.

#pragma once

#include "handlers/handler_table.h"
#include "wire/describe_producers.h"

namespace moldau::administration {

using handlers::RequestContext;
using handlers::Shard;

// Errors per partition: kTopicAuthorizationFailed, kUnknownTopicOrPartition, or why its log is not open.
Task<wire::DescribeProducersResponse> handle_describe_producers(Shard& shard, RequestContext& context,
                                                                wire::DescribeProducersRequest request);

}  // namespace moldau::administration
