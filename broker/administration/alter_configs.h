// AlterConfigs and IncrementalAlterConfigs: settings of topics and of brokers, changed while they are in use.
//
// Each resource succeeds or fails by itself and as a whole: either all of its changes are durable and count on every core
// when the answer goes out, or none is stored and the message lists every fault.

#pragma once

#include "handlers/handler_table.h"
#include "wire/alter_configs.h"
#include "wire/incremental_alter_configs.h"

namespace moldau::administration {

using handlers::RequestContext;
using handlers::Shard;

// Replaces all that is set: what the request does not name goes.
Task<wire::AlterConfigsResponse> handle_alter_configs(Shard& shard, RequestContext& context,
                                                      wire::AlterConfigsRequest request);
// Errors per resource: kInvalidRequest (a resource or a name twice, a kind without settings, brokers' faults),
// kInvalidConfig, kUnknownTopicOrPartition, kInvalidTopicException, kBrokerIdNotRegistered, and authorization's.
Task<wire::IncrementalAlterConfigsResponse> handle_incremental_alter_configs(Shard& shard, RequestContext& context,
                                                                             wire::IncrementalAlterConfigsRequest request);

}  // namespace moldau::administration
