// How long a consumer group takes: many members join at once until every partition has its reader, then one after another
// leaves until the others have its partitions. librdkafka consumers with its default settings but for heartbeats every 100
// ms, which is how members learn that one has left. Prints one line of JSON.

#pragma once

#include "arguments.h"

namespace moldau::bench {

// brokers= topic= group= members= partitions=; false unless both came to an end in a minute.
bool run_members(const Arguments& arguments);

}  // namespace moldau::bench
