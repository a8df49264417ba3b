// One line of input as the record to send: plain text with its key in front, or an object as `moldau consume --output json`
// prints it, so that what one prints the other sends.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace moldau::cli {

struct InputRecord {
    std::optional<std::string> key;
    std::optional<std::string> value;
    std::vector<std::pair<std::string, std::optional<std::string>>> headers;
    std::optional<std::int32_t> partition;
    std::optional<std::int64_t> timestamp_ms;
    bool operator==(const InputRecord&) const = default;
};

// What an empty key or value means: a null value deletes its key from a compacted topic.
enum class EmptyMeans { kEmpty, kNull };

struct LineRules {
    std::string key_separator;  // empty: lines have no key
    EmptyMeans empty = EmptyMeans::kEmpty;
};
InputRecord split_line(std::string_view line, const LineRules& rules);

// Members: key or keyBase64, value or valueBase64 (one of them must be there), headers of name and value or base64,
// partition, timestamp; "topic" and "offset" are ignored, any other is refused. Errors: kUsage.
Result<InputRecord> parse_json_record(std::string_view line);

}  // namespace moldau::cli
