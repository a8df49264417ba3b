// OffsetForLeaderEpoch: where an epoch ended, so that clients notice lost records (KIP-320).

#pragma once

#include "handlers/handler_table.h"
#include "wire/offset_for_leader_epoch.h"

namespace moldau::handlers {

Task<wire::OffsetForLeaderEpochResponse> handle_offset_for_leader_epoch(Shard& shard, RequestContext& context,
                                                                        wire::OffsetForLeaderEpochRequest request);

}  // namespace moldau::handlers
