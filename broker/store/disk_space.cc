// The thresholds and their margins.

#include "store/disk_space.h"

#include <algorithm>

namespace moldau::store {

namespace {

constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::uint64_t kFreeBytesMin = 256 * kMiB;
constexpr std::uint64_t kReserveBytes = 64 * kMiB;
// Logs that met the full disk try once a look: one without their complaint may be chance.
constexpr int kQuietLooks = 2;

}  // namespace

SpaceLimits SpaceLimits::of(std::uint64_t total_bytes, std::optional<std::uint64_t> free_bytes_min,
                            std::optional<std::uint64_t> reserve_bytes) {
    return {.free_bytes_min = free_bytes_min.value_or(std::min(kFreeBytesMin, total_bytes / 50)),
            .reserve_bytes = reserve_bytes.value_or(std::min(kReserveBytes, total_bytes / 100))};
}

DiskSpaceRules::Decision DiskSpaceRules::see(const Seen& seen, const SpaceLimits& limits) {
    const bool met_full_disk = seen.full_writes != full_writes_;
    full_writes_ = seen.full_writes;
    quiet_looks_ = met_full_disk ? 0 : quiet_looks_ + 1;
    const std::uint64_t margin = limits.free_bytes_min / 4;
    const std::uint64_t missing = limits.reserve_bytes - std::min(seen.reserve_bytes, limits.reserve_bytes);
    const std::uint64_t wanted = limits.free_bytes_min + (refusing_ ? margin : 0) + missing;

    if (met_full_disk || seen.free_bytes < margin) {
        refusing_ = refusing_ || limits.free_bytes_min > 0 || met_full_disk;
        return {.refuse = refusing_, .reserve = seen.reserve_bytes > 0 ? Reserve::kGiveUp : Reserve::kKeep};
    }
    if (seen.free_bytes < wanted) {
        // A reserve that was never whole is no reason to refuse by itself.
        refusing_ = refusing_ || seen.free_bytes < limits.free_bytes_min;
        return {.refuse = refusing_};
    }
    if (refusing_ && quiet_looks_ < kQuietLooks) return {.refuse = true};
    if (missing > 0) return {.refuse = refusing_, .reserve = Reserve::kMake};
    refusing_ = false;
    return {};
}

}  // namespace moldau::store
