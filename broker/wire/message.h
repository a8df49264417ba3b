// What every generated message is made of, and nothing heavier: the headers that the build writes from schema/*.msg include
// this.
//
// The idea: a message is a plain struct in host types, filled by a `Decoder`, written by an `Encoder`. Text is copied into
// strings; bytes and records are views that share the memory of the frame they came in.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/uuid.h"
#include "bytes/buffer.h"

namespace moldau::wire {

class Decoder;
class Encoder;
class JsonReader;
class JsonWriter;

// kFirstFlexibleVersion of a message that has no flexible version.
inline constexpr std::int16_t kNeverFlexible = 32767;

// A tagged field that the schema does not know: kept as it came, sent on as it was.
struct TaggedField {
    std::uint32_t tag = 0;
    bytes::View data;
    bool operator==(const TaggedField&) const = default;
};
using TaggedFields = std::vector<TaggedField>;

// The facts of a message that coding needs at run time.
struct MessageInfo {
    std::string_view name;
    std::int16_t version_min;
    std::int16_t version_max;
    std::int16_t first_flexible_version;
};

template <class Message>
constexpr MessageInfo message_info() {
    return {Message::kName, Message::kVersionMin, Message::kVersionMax, Message::kFirstFlexibleVersion};
}

}  // namespace moldau::wire
