// The arithmetic of what is cleaned.

#include "compaction/cleanable.h"

#include <algorithm>

namespace moldau::compaction {

Cleanable find_cleanable(std::span<const SegmentFacts> closed, const CleanableOptions& options) {
    Cleanable found;
    if (closed.empty()) return found;
    found.dirty_from = std::max(options.cleaned_to, closed.front().base);
    if (options.cleaned_to > closed.back().end) found.dirty_from = closed.front().base;  // the log was cut since
    found.end = closed.front().base;
    for (const SegmentFacts& segment : closed) {
        const bool is_dirty = segment.end > found.dirty_from;
        const bool is_young = options.min_lag_ms > 0 && segment.largest_timestamp > options.now - options.min_lag_ms;
        if (segment.end > options.limit || (is_dirty && is_young)) break;
        found.end = segment.end;
        (is_dirty ? found.dirty_bytes : found.clean_bytes) += segment.bytes;
        if (!is_dirty || segment.first_timestamp < 0) continue;
        found.is_overdue = found.is_overdue || options.now - segment.first_timestamp > options.max_lag_ms;
    }
    found.is_due = found.dirty_bytes > 0 && (found.is_overdue || found.dirty_ratio() > options.min_dirty_ratio);
    return found;
}

std::vector<std::size_t> group_segments(std::span<const SegmentFacts> closed, Offset end, const GroupLimits& limits) {
    std::vector<std::size_t> groups;
    std::uint64_t bytes = 0;
    std::uint64_t index_bytes = 0;
    Offset base;
    for (const SegmentFacts& segment : closed) {
        if (segment.end > end) break;
        const bool fits = !groups.empty() && bytes + segment.bytes <= limits.bytes_max &&
                          index_bytes + segment.index_bytes <= limits.index_bytes_max &&
                          segment.end - base <= limits.offsets_max;
        if (!fits) {
            groups.push_back(0);
            bytes = index_bytes = 0;
            base = segment.base;
        }
        ++groups.back();
        bytes += segment.bytes;
        index_bytes += segment.index_bytes;
    }
    return groups;
}

}  // namespace moldau::compaction
