// Reads a partition over one bare socket, for questions where librdkafka would be the limit: it takes what a consumer takes,
// but looks at no more of it than where the next batch begins.

#pragma once

#include "arguments.h"

namespace moldau::bench {

// port= topic= records=: reads partition 0 from its beginning, one request after the other, until so many records have come;
// prints one line of JSON. False where an answer is none or has an error, or no more comes.
bool fetch_records(const Arguments& arguments);

}  // namespace moldau::bench
