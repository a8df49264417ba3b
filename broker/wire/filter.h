// One line in, one line out: what `moldau wire decode` and `moldau wire encode` do with each line of their input.
//
// A line is "Name TAB version TAB hex of the body" or "Name TAB version TAB JSON", where Name is any message of
// schema/*.msg.

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace moldau::wire {

// "Name\tversion\thex" to "Name\tversion\tJSON". The body must end where the hex ends. Errors: kMalformed,
// kUnsupportedVersion, kLimitExceeded with a text for people; the caller prints it as "error: ...".
Result<std::string> decode_line(std::string_view line);
// "Name\tversion\tJSON" to "Name\tversion\thex".
Result<std::string> encode_line(std::string_view line);

}  // namespace moldau::wire
