// How much of a log is to be compacted, and how urgently; which of its segments become one.
//
// Kafka's rules: never past the last stable offset, the high watermark, the active segment, or the first segment with a
// record younger than min.compaction.lag.ms. A log is cleaned when the part of it that was not cleaned yet outweighs
// min.cleanable.dirty.ratio, or when a record in that part is older than max.compaction.lag.ms. Pure.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"

namespace moldau::compaction {

struct SegmentFacts {
    Offset base;
    Offset end;
    std::uint64_t bytes = 0;
    std::uint64_t index_bytes = 0;        // of its larger index
    std::int64_t first_timestamp = -1;    // of the first batch; -1: unknown
    std::int64_t largest_timestamp = -1;  // -1: unknown or none
};

struct CleanableOptions {
    Offset cleaned_to;  // where the last cleaning ended
    Offset limit;       // min(high watermark, last stable offset)
    std::int64_t now = 0;
    std::int64_t min_lag_ms = 0;
    std::int64_t max_lag_ms = 0;
    double min_dirty_ratio = 0.5;
};

struct Cleanable {
    Offset dirty_from;  // records from here on were not cleaned yet
    Offset end;         // of what can be cleaned now
    std::uint64_t clean_bytes = 0;
    std::uint64_t dirty_bytes = 0;  // below `end`
    bool is_overdue = false;
    bool is_due = false;
    double dirty_ratio() const {
        const auto all = clean_bytes + dirty_bytes;
        return all == 0 ? 0 : static_cast<double>(dirty_bytes) / static_cast<double>(all);
    }
};

// `closed`: all segments but the active one, ascending.
Cleanable find_cleanable(std::span<const SegmentFacts> closed, const CleanableOptions& options);

struct GroupLimits {
    std::uint64_t bytes_max = 0;
    std::uint64_t index_bytes_max = 0;
    std::int64_t offsets_max = 0x7fffffff;
};
// Runs of neighbours that fit into one segment, as counts. Those that end beyond `end` stay out.
std::vector<std::size_t> group_segments(std::span<const SegmentFacts> closed, Offset end, const GroupLimits& limits);

}  // namespace moldau::compaction
