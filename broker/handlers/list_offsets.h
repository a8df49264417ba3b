// ListOffsets: offsets by timestamp, and the special ones.

#pragma once

#include "handlers/handler_table.h"
#include "wire/list_offsets.h"

namespace moldau::handlers {

// -1 latest, -2 earliest, -3 largest timestamp (KIP-734), -4 earliest local, -5 latest tiered (KIP-405/1005: none here),
// otherwise the first record at or after the timestamp; -1 where there is none.
Task<wire::ListOffsetsResponse> handle_list_offsets(Shard& shard, RequestContext& context, wire::ListOffsetsRequest request);

}  // namespace moldau::handlers
