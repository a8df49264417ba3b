// Which partition of `__consumer_offsets` holds a group: Java's String.hashCode over UTF-16 units, as every Kafka client and
// tool expects.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/ids.h"

namespace moldau::group {

// `utf8` counted in UTF-16 units, as Java's String.length does; malformed bytes count as one replacement character each.
std::size_t utf16_length(std::string_view utf8);
// Java's String.hashCode of the text.
std::int32_t java_hash(std::string_view utf8);

// `partitions` >= 1.
PartitionIndex partition_for(std::string_view group_id, std::int32_t partitions);

}  // namespace moldau::group
