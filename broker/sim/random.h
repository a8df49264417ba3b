// A stream of bits that one seed decides: every choice of a simulation comes from one of these, so a seed replays a run.

#pragma once

#include <cstdint>
#include <span>

#include "base/check.h"
#include "io/random.h"

namespace moldau::sim {

// splitmix64 (Steele, Lea, Flood 2014): any seed is good, and no library's distribution can change the run.
class Random final : public io::Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    void fill(std::span<std::uint8_t> bytes) override {
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(next() >> 56);
    }
    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return mixed ^ (mixed >> 31);
    }
    // In [0, bound); `bound` is not 0.
    std::uint64_t below(std::uint64_t bound) {
        CHECK(bound > 0);
        return next() % bound;
    }
    // In [low, high].
    std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
    bool chance(std::uint64_t percent) { return below(100) < percent; }
    // A stream of its own, so that one part's draws do not shift another's.
    Random fork() { return Random{next()}; }

private:
    std::uint64_t state_;
};

}  // namespace moldau::sim
