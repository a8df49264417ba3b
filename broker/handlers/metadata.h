// Metadata: brokers, topics and leaders; asking for an unknown topic may make it.

#pragma once

#include "handlers/handler_table.h"
#include "wire/metadata.h"

namespace moldau::handlers {

// Topics made on the way are complete in this very answer: their logs are open on all cores.
Task<wire::MetadataResponse> handle_metadata(Shard& shard, RequestContext& context, wire::MetadataRequest request);

}  // namespace moldau::handlers
