// InitProducerId: a number for an idempotent producer.

#pragma once

#include "handlers/handler_table.h"
#include "wire/init_producer_id.h"

namespace moldau::handlers {

// Every call gets a new id with epoch 0; ids come from blocks in the metadata log and are never given twice. A transactional
// id is refused with TRANSACTIONAL_ID_AUTHORIZATION_FAILED (docs/compatibility.md).
Task<wire::InitProducerIdResponse> handle_init_producer_id(Shard& shard, RequestContext& context,
                                                           wire::InitProducerIdRequest request);

}  // namespace moldau::handlers
