// The rules of retention.

#include "store/retention.h"

namespace moldau::store {

bool is_too_old(const SegmentAge& segment, const RetentionLimits& limits) {
    if (limits.retention_ms < 0 || segment.bytes == 0 || segment.end > limits.high_watermark) return false;
    return limits.now - segment.newest > limits.retention_ms;
}

std::size_t count_too_many(std::span<const SegmentAge> segments, const RetentionLimits& limits) {
    if (limits.retention_bytes < 0) return 0;
    std::uint64_t bytes = 0;
    for (const auto& segment : segments) bytes += segment.bytes;
    const auto kept = static_cast<std::uint64_t>(limits.retention_bytes);
    std::size_t count = 0;
    for (const auto& segment : segments) {
        if (segment.bytes == 0 || segment.end > limits.high_watermark || bytes < kept + segment.bytes) break;
        bytes -= segment.bytes;
        ++count;
    }
    return count;
}

}  // namespace moldau::store
