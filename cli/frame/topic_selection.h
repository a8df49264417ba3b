// Which partitions of which topics a command is about, as people write it: orders, orders:0, orders:0,3,5.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace moldau::cli {

struct TopicSelection {
    std::string topic;
    std::vector<std::int32_t> partitions;  // ascending; empty: all
    bool operator==(const TopicSelection&) const = default;
};

// Errors: kUsage, with a sentence that says what is possible.
Result<TopicSelection> parse_topic_selection(std::string_view text);

}  // namespace moldau::cli
