// How the fuzzers choose a message: by a hash of its name, so that a saved input keeps its meaning when messages are added.

#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "bytes/buffer.h"
#include "wire/registry.h"

namespace moldau::wire {

struct FuzzChoice {
    const MessageType* type;
    std::int16_t version;
    bytes::Span rest;
};

// FNV-1a, folded to 16 bits.
inline std::uint16_t fuzz_hash(std::string_view name) {
    std::uint32_t hash = 2166136261;
    for (const char letter : name) hash = (hash ^ static_cast<std::uint8_t>(letter)) * 16777619;
    return static_cast<std::uint16_t>(hash ^ (hash >> 16));
}

// Two bytes for the message (the one whose hash is next), one for how far the version is below the last. `input` has at
// least three.
inline FuzzChoice fuzz_choice(bytes::Span input) {
    const auto wanted = static_cast<std::uint16_t>(input[0] * 256 + input[1]);
    const auto distance = [wanted](const MessageType* type) {
        return static_cast<std::uint16_t>(fuzz_hash(type->info.name) - wanted);
    };
    const auto types = message_types();
    const auto* type = *std::ranges::min_element(types, {}, distance);
    const int count = type->info.version_max - type->info.version_min + 1;
    return {type, static_cast<std::int16_t>(type->info.version_max - input[2] % count), input.subspan(3)};
}

}  // namespace moldau::wire
