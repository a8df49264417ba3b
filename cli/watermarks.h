// Where a partition's log begins and ends.

#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace moldau::cli {

class Client;

struct PartitionName {
    std::string topic;
    std::int32_t partition;
};

struct Watermarks {
    std::int64_t earliest;  // the first offset that can be read
    std::int64_t latest;    // the next one to be written, as consumers see it
};

// Asks the partition's leader.
Result<Watermarks> query_watermarks(Client& client, const PartitionName& name);

}  // namespace moldau::cli
