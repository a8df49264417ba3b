// DescribeTopicPartitions (KIP-966): topics and their partitions, page by page.

#pragma once

#include "handlers/handler_table.h"
#include "wire/describe_topic_partitions.h"

namespace moldau::administration {

using handlers::RequestContext;
using handlers::Shard;

// By name, at most `response_partition_limit` partitions (and no more than max.request.partition.size.limit); the cursor of
// the answer, which is where the next page begins, is null on the last one. Errors per topic: kTopicAuthorizationFailed,
// kUnknownTopicOrPartition, kInvalidTopicException; kInvalidRequest for a cursor that is not in the list.
Task<wire::DescribeTopicPartitionsResponse> handle_describe_topic_partitions(Shard& shard, RequestContext& context,
                                                                             wire::DescribeTopicPartitionsRequest request);

}  // namespace moldau::administration
