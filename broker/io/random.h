// Random bits as an input: the operating system's in production, a seeded stream in the simulator.

#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/uuid.h"

namespace moldau::io {

class Random {
public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> bytes) = 0;

    std::uint64_t next_u64() {
        std::array<std::uint8_t, 8> bytes;
        fill(bytes);
        std::uint64_t value = 0;
        for (const auto byte : bytes) value = (value << 8) | byte;
        return value;
    }
    Uuid next_uuid() {
        std::array<std::uint8_t, 16> bytes;
        fill(bytes);
        return Uuid::from_random(bytes);
    }
};

}  // namespace moldau::io
