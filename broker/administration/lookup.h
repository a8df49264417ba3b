// From the names in a request to partitions that may be asked about.

#pragma once

#include <cstdint>
#include <string>

#include "handlers/handler_table.h"
#include "handlers/shard.h"

namespace moldau::administration {

using handlers::PartitionKey;
using handlers::RequestContext;
using handlers::Shard;

// Which topic and what the principal wants to do with it.
struct Wanted {
    const std::string& topic;
    std::int32_t partition;
    security::Operation operation;
};

// Errors: kTopicAuthorizationFailed, kUnknownTopicOrPartition.
Result<PartitionKey> find_partition(const Shard& shard, const RequestContext& context, Wanted wanted);

}  // namespace moldau::administration
