// DeleteRecords: moves the start of logs forward.

#pragma once

#include "handlers/handler_table.h"
#include "wire/delete_records.h"

namespace moldau::administration {

using handlers::RequestContext;
using handlers::Shard;

// Offset -1 is the high watermark; an offset below the start changes nothing. An answer without error says where the log
// starts now, and that it will after a crash, too. Errors per partition: kTopicAuthorizationFailed,
// kUnknownTopicOrPartition, kInvalidTopicException for Kafka's own topics, kPolicyViolation where `cleanup.policy` lacks
// `delete`, kOffsetOutOfRange above the high watermark, kRequestTimedOut when its turn did not come in time,
// kKafkaStorageError.
Task<wire::DeleteRecordsResponse> handle_delete_records(Shard& shard, RequestContext& context,
                                                        wire::DeleteRecordsRequest request);

}  // namespace moldau::administration
