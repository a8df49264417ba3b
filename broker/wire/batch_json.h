// A record batch as one line of JSON, for people and for the golden vectors: header fields, then the records, inflated.
// Keys and values are base64, headers pairs of [key, value].

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "bytes/buffer.h"

namespace moldau::wire {

// `batch` is one whole batch and nothing more. Errors: those of its parsing; kCorruptMessage also for a wrong checksum;
// kLimitExceeded when it inflates to more than 256 MiB.
Result<std::string> batch_to_json(const bytes::View& batch);

// The same from hexadecimal digits, around which there may be blanks: the filter `moldau batch decode`. Errors: also
// kMalformed for what is not hexadecimal.
Result<std::string> batch_decode_line(std::string_view hex);

}  // namespace moldau::wire
