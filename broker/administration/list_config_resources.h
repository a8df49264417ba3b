// ListConfigResources: what has settings. In version 0 it asks for clients' metrics alone, of which there are none here.

#pragma once

#include "handlers/handler_table.h"
#include "wire/list_config_resources.h"

namespace moldau::administration {

using handlers::RequestContext;
using handlers::Shard;

// Without types: all of them (KIP-1142). Errors: kClusterAuthorizationFailed, kUnsupportedVersion for an unknown type.
Task<wire::ListConfigResourcesResponse> handle_list_config_resources(Shard& shard, RequestContext& context,
                                                                     wire::ListConfigResourcesRequest request);

}  // namespace moldau::administration
