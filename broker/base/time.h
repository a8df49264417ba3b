// The two kinds of time. Deadlines and timers use the monotonic one, records and files the wall clock.
//
// Thinking parts never ask for the time: they get a `Now` with each input.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace moldau {

using Millis = std::chrono::milliseconds;
using Nanos = std::chrono::nanoseconds;
using MonoTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

// The longest time that a setting can mean. In nanoseconds it still fits beside any point in time, which Kafka's "never" of
// 2^63 - 1 milliseconds does not.
inline constexpr Millis kForever = std::chrono::years{100};
// What a setting says, cut to kForever either way.
inline constexpr Millis to_millis(std::int64_t count) {
    return Millis{std::clamp(count, -kForever.count(), kForever.count())};
}

struct Now {
    MonoTime mono;
    WallTime wall;
};

// Milliseconds since 1970, as records and requests carry it.
inline std::int64_t to_timestamp(WallTime time) { return time.time_since_epoch().count(); }
inline WallTime from_timestamp(std::int64_t timestamp_ms) { return WallTime{Millis{timestamp_ms}}; }

}  // namespace moldau
