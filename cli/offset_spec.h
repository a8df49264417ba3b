// Where reading starts, as people write it: beginning, end, 42, -5, timestamp:2026-01-31T12:00:00Z.

#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace moldau::cli {

struct OffsetSpec {
    enum class Kind { kBeginning, kEnd, kExact, kTail, kTimestamp };

    Kind kind = Kind::kBeginning;
    std::int64_t value = 0;  // an offset, a number of records before the end, or milliseconds since 1970
    bool operator==(const OffsetSpec&) const = default;
};

// Errors: kUsage, with a sentence that says what is possible.
Result<OffsetSpec> parse_offset_spec(std::string_view text);

// Milliseconds since 1970 from a plain number or RFC 3339 ("2026-01-31T12:00:00.250+01:00"). Errors: kUsage.
Result<std::int64_t> parse_timestamp(std::string_view text);

}  // namespace moldau::cli
