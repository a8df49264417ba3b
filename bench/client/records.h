// Moves many records through librdkafka, as an ordinary client does: produces as fast as the broker takes them, or reads all
// of a partition. Each prints one line of JSON with the time from the first record to the last; false unless all went
// through.

#pragma once

#include "arguments.h"

namespace moldau::bench {

// brokers= topic= records= bytes= acks= codec=
bool produce_records(const Arguments& arguments);
// brokers= topic= records=
bool consume_records(const Arguments& arguments);

}  // namespace moldau::bench
