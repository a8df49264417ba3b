// Big-endian integers at unaligned places, as Kafka's protocol and files have them.

#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace moldau::bytes {

template <std::integral T>
T load_be(const std::uint8_t* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    if constexpr (std::endian::native == std::endian::little && sizeof(T) > 1) value = std::byteswap(value);
    return value;
}

template <std::integral T>
void store_be(std::uint8_t* to, T value) {
    if constexpr (std::endian::native == std::endian::little && sizeof(T) > 1) value = std::byteswap(value);
    std::memcpy(to, &value, sizeof value);
}

}  // namespace moldau::bytes
