// The APIs of the protocol, by key: which versions exist, which are flexible, which headers go before them.
//
// The rows come from schema/NN_*.msg. What a broker serves is the server's choice among these; a retired key has no
// versions.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "wire/api_keys.h"

namespace moldau::wire {

enum class Listeners : std::uint8_t { kNone, kBroker, kController, kBoth };

struct Api {
    ApiKey key;
    std::string_view name;
    std::int16_t version_min;
    std::int16_t version_max;
    std::int16_t version_stable_max;  // newer ones, up to version_max, may still change and are not advertised
    std::int16_t first_flexible_version;
    Listeners listeners;

    bool is_retired() const { return version_max < version_min; }
    bool has_version(std::int16_t version) const { return version >= version_min && version <= version_max; }
    bool is_flexible(std::int16_t version) const { return version >= first_flexible_version; }
};

// All, ordered by key, retired ones too.
std::span<const Api> apis();
// Null for a key that the protocol does not have.
const Api* find_api(std::int16_t key);
inline std::int16_t to_int16(ApiKey key) { return static_cast<std::int16_t>(key); }

// 1, or 2 from the first flexible version on.
std::int16_t request_header_version(const Api& api, std::int16_t version);
// 0, or 1 from the first flexible version on; always 0 for ApiVersions, which a client reads before it knows the broker.
std::int16_t response_header_version(const Api& api, std::int16_t version);

}  // namespace moldau::wire
