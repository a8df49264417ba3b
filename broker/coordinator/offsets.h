// OffsetCommit and OffsetFetch.

#pragma once

#include "handlers/handler_table.h"
#include "wire/offset_commit.h"
#include "wire/offset_delete.h"
#include "wire/offset_fetch.h"

namespace moldau::coordinator {

using handlers::RequestContext;
using handlers::Shard;

// Partitions that do not exist or may not be read are answered one by one; the rest is committed together. The answer comes
// when the records are durable.
Task<wire::OffsetCommitResponse> handle_offset_commit(Shard& shard, RequestContext& context,
                                                      wire::OffsetCommitRequest request);
// Offsets of topics that nobody of the group reads. Errors: kGroupAuthorizationFailed, kGroupIdNotFound, kNonEmptyGroup; per
// partition kTopicAuthorizationFailed, kUnknownTopicOrPartition, kGroupSubscribedToTopic.
Task<wire::OffsetDeleteResponse> handle_offset_delete(Shard& shard, RequestContext& context,
                                                      wire::OffsetDeleteRequest request);
Task<wire::OffsetFetchResponse> handle_offset_fetch(Shard& shard, RequestContext& context, wire::OffsetFetchRequest request);

}  // namespace moldau::coordinator
