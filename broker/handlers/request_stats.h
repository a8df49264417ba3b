// How many requests of each API there were and how long they took.
//
// Plain integers of one core; metrics add the cores up when asked. Buckets are powers of two of a microsecond, so adding is
// a shift.

#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "base/time.h"

namespace moldau::handlers {

struct LatencyHistogram {
    static constexpr std::size_t kBuckets = 26;  // up to 2^25 µs = 33 s, the last one is open
    std::array<std::uint64_t, kBuckets> counts{};
    std::uint64_t sum_nanos = 0;

    // Bucket b holds durations up to 2^b microseconds.
    void add(Nanos duration) {
        const auto micros = static_cast<std::uint64_t>(duration.count()) / 1000;
        const auto bucket = static_cast<std::size_t>(std::bit_width(micros));
        ++counts[bucket < kBuckets ? bucket : kBuckets - 1];
        sum_nanos += static_cast<std::uint64_t>(duration.count());
    }
};

struct ApiStats {
    std::uint64_t requests = 0;
    std::uint64_t errors = 0;  // that closed the connection
    LatencyHistogram latency;
};

using RequestStats = std::array<ApiStats, 128>;  // by API key

}  // namespace moldau::handlers
