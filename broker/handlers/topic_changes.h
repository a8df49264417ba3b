// CreateTopics, DeleteTopics and CreatePartitions: authorization here, everything else in the metadata service.

#pragma once

#include "handlers/handler_table.h"
#include "wire/create_partitions.h"
#include "wire/create_topics.h"
#include "wire/delete_topics.h"

namespace moldau::handlers {

// An answer without error means: the change is durable, and the logs of new partitions are open (those of deleted ones
// closed).
Task<wire::CreateTopicsResponse> handle_create_topics(Shard& shard, RequestContext& context,
                                                      wire::CreateTopicsRequest request);
Task<wire::DeleteTopicsResponse> handle_delete_topics(Shard& shard, RequestContext& context,
                                                      wire::DeleteTopicsRequest request);
Task<wire::CreatePartitionsResponse> handle_create_partitions(Shard& shard, RequestContext& context,
                                                              wire::CreatePartitionsRequest request);

}  // namespace moldau::handlers
