// How long a consumer group takes: many members join at once until every partition has its reader, then one leaves until the
// others have its partitions. Ordinary librdkafka consumers with its default settings. Prints one line of JSON.

#pragma once

#include "arguments.h"

namespace moldau::bench {

// brokers= topic= group= members= partitions=; false unless both came to an end in a minute.
bool run_members(const Arguments& arguments);

}  // namespace moldau::bench
