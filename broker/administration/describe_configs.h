// DescribeConfigs: settings of topics and of this broker, with their origin.

#pragma once

#include "handlers/handler_table.h"
#include "wire/describe_configs.h"

namespace moldau::administration {

using handlers::RequestContext;
using handlers::Shard;

// Topics by name; a broker by its id, and "" for what is set for all of them (only that). Other kinds: INVALID_REQUEST.
Task<wire::DescribeConfigsResponse> handle_describe_configs(Shard& shard, RequestContext& context,
                                                            wire::DescribeConfigsRequest request);

}  // namespace moldau::administration
