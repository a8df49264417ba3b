// FNV-1a, 64 bits.

#include "operator/specs/hash.h"

#include <fmt/format.h>

#include <cstdint>

namespace moldau::specs {

std::string hash_of(std::string_view text) {
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3U;
    return fmt::format("{:016x}", hash);
}

}  // namespace moldau::specs
