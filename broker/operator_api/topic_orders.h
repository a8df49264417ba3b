// Topics described, created, altered and deleted, in batches.
//
// What a batch wants of the metadata goes there in one request, so that it is one commit; each item gets its own result, and
// one that is done already is no error. Place: between the gRPC service and the metadata service; on the home core.

#pragma once

#include "base/result.h"
#include "base/task.h"
#include "operator_api/answers.h"
#include "operator_api/call.h"

namespace moldau::operator_api {

// Topics that the caller may not see are left out.
Task<Result<pb::DescribeTopicsResponse>> describe_topics(handlers::Shard& home, Call& call,
                                                         const pb::DescribeTopicsRequest& request);
// Errors of these three: those of check_expected() and check_batch(), kInvalidRequest for an id that is none.
Task<Result<pb::TopicResults>> create_topics(handlers::Shard& home, Call& call, const pb::CreateTopicsRequest& request);
Task<Result<pb::TopicResults>> alter_topics(handlers::Shard& home, Call& call, const pb::AlterTopicsRequest& request);
Task<Result<pb::TopicResults>> delete_topics(handlers::Shard& home, Call& call, const pb::DeleteTopicsRequest& request);

// Puts each result's topic, as it is now, beside its outcome.
Task<void> add_topics(handlers::Shard& home, pb::TopicResults& results);

}  // namespace moldau::operator_api
