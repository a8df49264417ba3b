// Produce requests over bare sockets, for questions where librdkafka would be the limit: how many requests a broker answers,
// and how long each takes at a rate that does not depend on the answers.
//
// The idea: one frame made once, one epoll loop over all connections. Closed loop: each connection has `depth` requests in
// flight, and every answer sends the next. Open loop: a request is due every 1/rate seconds, whether or not earlier ones
// were answered, and its latency counts from when it was due, so that a broker that stalls is charged for all that waited.

#pragma once

#include "arguments.h"

namespace moldau::bench {

// port= topic= bytes= records= (in a batch) acks= codec= connections= depth= seconds= requests= (at most so many); prints
// one line of JSON. False unless every request was answered without an error.
bool send_requests(const Arguments& arguments);

// port= topic= bytes= acks= connections= rate= seconds=; the latencies of the first second do not count,
// requests that are not answered a while after the last count with the time that they waited.
bool send_at_rate(const Arguments& arguments);

}  // namespace moldau::bench
