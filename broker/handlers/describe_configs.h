// DescribeConfigs: settings of topics and of this broker, with their origin.

#pragma once

#include "handlers/handler_table.h"
#include "wire/describe_configs.h"

namespace moldau::handlers {

// Topics by name; a broker by its id ("" are the cluster-wide dynamic ones: none yet). Other kinds: INVALID_REQUEST.
Task<wire::DescribeConfigsResponse> handle_describe_configs(Shard& shard, RequestContext& context,
                                                            wire::DescribeConfigsRequest request);

}  // namespace moldau::handlers
