// Fetch: batches out of logs, at once or when there are enough.

#pragma once

#include "handlers/handler_table.h"
#include "wire/fetch.h"

namespace moldau::handlers {

// Answers when min_bytes are there, something is wrong with a partition, max_wait_ms have passed or the connection ends. The
// first batch comes whole whatever the limits (KIP-74). Waiting is by signal from the partitions, not by polling.
Task<wire::FetchResponse> handle_fetch(Shard& shard, RequestContext& context, wire::FetchRequest request);

}  // namespace moldau::handlers
