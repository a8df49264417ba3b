// 128-bit identifiers in Kafka's text form: 22 characters of base64url without padding.

#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace moldau {

struct Uuid {
    std::array<std::uint8_t, 16> bytes{};
    auto operator<=>(const Uuid&) const = default;
    bool is_zero() const { return *this == Uuid{}; }
    std::string to_string() const;
    // Errors: kMalformed when `text` is not 22 characters of base64url.
    static Result<Uuid> parse(std::string_view text);
    // From 16 random bytes: version 4, variant 1 (RFC 9562). Never zero and never one of Kafka's reserved small values.
    static Uuid from_random(std::array<std::uint8_t, 16> random);
};

}  // namespace moldau

template <>
struct std::hash<moldau::Uuid> {
    std::size_t operator()(const moldau::Uuid& id) const noexcept {
        return std::hash<std::string_view>{}(
            std::string_view{reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
    }
};
