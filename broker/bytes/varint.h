// Variable-length integers as Kafka uses them: little-endian groups of seven bits; signed ones zig-zag first.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "bytes/buffer.h"

namespace moldau::bytes {

inline constexpr std::size_t kVarintBytesMax = 10;

constexpr std::uint64_t zigzag(std::int64_t value) {
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

// Bytes that `value` takes, 1..10.
constexpr std::size_t varint_bytes(std::uint64_t value) {
    return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}

// Writes at `out`, which has room for varint_bytes(value); returns the bytes written.
inline std::size_t put_varint(std::uint8_t* out, std::uint64_t value) {
    std::size_t count = 0;
    while (value >= 0x80) {
        out[count++] = static_cast<std::uint8_t>(value | 0x80);
        value >>= 7;
    }
    out[count++] = static_cast<std::uint8_t>(value);
    return count;
}

struct Varint {
    std::uint64_t value;
    std::size_t bytes;
};

// Reads from the start of `in`; `bits` is 32 or 64. Nullopt when it ends early, is longer than the type can need, or has
// bits beyond it.
inline std::optional<Varint> get_varint(Span in, unsigned bits) {
    const std::size_t bytes_max = bits == 32 ? 5 : kVarintBytesMax;
    std::uint64_t value = 0;
    for (std::size_t index = 0; index < in.size() && index < bytes_max; ++index) {
        const std::uint64_t group = in[index] & 0x7f;
        const auto shift = static_cast<unsigned>(index) * 7;
        if (shift + 7 > bits && (group >> (bits - shift)) != 0) return std::nullopt;
        value |= group << shift;
        if ((in[index] & 0x80) == 0) return Varint{value, index + 1};
    }
    return std::nullopt;
}

}  // namespace moldau::bytes
