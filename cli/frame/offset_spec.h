// A place in a partition, as people write it: beginning, end, 42, -5, timestamp:2026-01-31T12:00:00Z, ago:1h30m.

#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace moldau::cli {

struct OffsetSpec {
    enum class Kind { kBeginning, kEnd, kExact, kTail, kTimestamp, kAgo };

    Kind kind = Kind::kBeginning;
    std::int64_t value = 0;  // an offset, a number of records before the end, or milliseconds since 1970 or before now
    // The same place with kAgo made a point in time.
    OffsetSpec at(std::int64_t now_ms) const;
    bool operator==(const OffsetSpec&) const = default;
};

// Errors: kUsage, with a sentence that says what is possible.
Result<OffsetSpec> parse_offset_spec(std::string_view text);

// Milliseconds since 1970 from a plain number or RFC 3339 ("2026-01-31T12:00:00.250+01:00"). Errors: kUsage.
Result<std::int64_t> parse_timestamp(std::string_view text);

// Milliseconds from "90s", "2h30m", "7d", or ISO 8601 as Kafka's tools have it: "PT2H30M", "P7D". Errors: kUsage.
Result<std::int64_t> parse_duration(std::string_view text);

// What parse_offset_spec takes, for help texts.
inline constexpr const char* kOffsetForms =
    "beginning, end, N, -N (the last N), timestamp:2026-01-31T12:00:00Z, timestamp:MS or ago:2h30m";

}  // namespace moldau::cli
