// Which of a log's oldest segments are to be deleted, by age and by size.
//
// Kafka's rules: a segment goes when its newest record is older than retention.ms, or as long as the log without it would
// still have retention.bytes; oldest first, none that the high watermark has not passed. The active segment too: it is
// closed first. Pure; `Cleaner` finds out the ages, which may take reading an index, only as far as they are asked for.

#pragma once

#include <cstdint>
#include <span>

#include "base/ids.h"

namespace moldau::store {

struct SegmentAge {
    Offset end;
    std::uint64_t bytes = 0;
    std::int64_t newest = -1;  // the largest timestamp, or when the segment began if it has none
};

struct RetentionLimits {
    std::int64_t now = 0;
    std::int64_t retention_ms = -1;     // negative: none
    std::int64_t retention_bytes = -1;  // negative: none
    Offset high_watermark;
};

// Is the segment, the oldest, too old?
bool is_too_old(const SegmentAge& segment, const RetentionLimits& limits);
// How many of the oldest are too many; `newest` does not count.
std::size_t count_too_many(std::span<const SegmentAge> segments, const RetentionLimits& limits);

}  // namespace moldau::store
