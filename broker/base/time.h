// The two kinds of time. Deadlines and timers use the monotonic one, records and files the wall clock.
//
// Thinking parts never ask for the time: they get a `Now` with each input.

#pragma once

#include <chrono>
#include <cstdint>

namespace moldau {

using Millis = std::chrono::milliseconds;
using Nanos = std::chrono::nanoseconds;
using MonoTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

struct Now {
    MonoTime mono;
    WallTime wall;
};

// Milliseconds since 1970, as records and requests carry it.
inline std::int64_t to_timestamp(WallTime time) { return time.time_since_epoch().count(); }
inline WallTime from_timestamp(std::int64_t timestamp_ms) { return WallTime{Millis{timestamp_ms}}; }

}  // namespace moldau
