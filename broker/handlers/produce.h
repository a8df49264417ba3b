// Produce: batches into logs.

#pragma once

#include "handlers/handler_table.h"
#include "wire/produce.h"

namespace moldau::handlers {

// Appends happen in the order of requests on a connection, before this first suspends on the partition's core; the answer
// comes when `acks` holds for every partition. With acks=0 there is no answer, and a failure closes the connection, as in
// Kafka. Batches with a transactional id are refused with TRANSACTIONAL_ID_AUTHORIZATION_FAILED (docs/compatibility.md).
Task<Result<std::optional<wire::ProduceResponse>>> handle_produce(Shard& shard, RequestContext& context,
                                                                  wire::ProduceRequest request);

}  // namespace moldau::handlers
