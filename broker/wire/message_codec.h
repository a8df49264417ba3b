// What generated sources include: the codecs, and arrays of structures over them.
//
// The idea: whatever does not depend on a message's type is out of line in the codecs; the templates here hold the loops
// alone, so that two hundred and fifty messages compile in a minute.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "wire/decoder.h"
#include "wire/encoder.h"
#include "wire/json_reader.h"
#include "wire/json_writer.h"
#include "wire/message_type.h"

namespace moldau::wire {

// While it lives, the codec uses the lengths of versions that are not flexible.
template <class Codec>
class Inflexible {
public:
    explicit Inflexible(Codec& codec) : codec_(codec), before_(std::exchange(codec.is_flexible_, false)) {}
    ~Inflexible() { codec_.is_flexible_ = before_; }
    Inflexible(const Inflexible&) = delete;
    Inflexible& operator=(const Inflexible&) = delete;

private:
    Codec& codec_;
    bool before_;
};

template <class Struct>
bool read_elements(Decoder& in, std::vector<Struct>& to, ArrayField field, std::int16_t version) {
    const auto count = in.read_array_length(field);
    to.clear();
    if (!count) return false;
    to.reserve(*count);
    for (std::size_t index = 0; index < *count && in.ok(); ++index) to.emplace_back().read(in, version);
    return true;
}

template <class Struct>
void read_structs(Decoder& in, std::vector<Struct>& to, ArrayField field, std::int16_t version) {
    in.refuse_null(!read_elements(in, to, field, version), field.name);
}

template <class Struct>
void read_structs(Decoder& in, std::optional<std::vector<Struct>>& to, ArrayField field, std::int16_t version) {
    if (!read_elements(in, to.emplace(), field, version)) to.reset();
}

template <class Struct>
void write_structs(Encoder& out, const std::vector<Struct>& from, const char* field, std::int16_t version) {
    out.write_array_length(from.size(), field);
    for (const auto& element : from) element.write(out, version);
}

template <class Struct>
void write_structs(Encoder& out, const std::optional<std::vector<Struct>>& from, const char* field, std::int16_t version) {
    if (from) return write_structs(out, *from, field, version);
    out.write_array_length(std::nullopt, field);
}

template <class Struct>
void json_elements(JsonWriter& out, const std::vector<Struct>& from, std::int16_t version) {
    out.begin_array();
    for (const auto& element : from) element.to_json(out, version);
    out.end_array();
}

template <class Struct>
void json_structs(JsonWriter& out, const char* name, const std::vector<Struct>& from, std::int16_t version) {
    out.key(name);
    json_elements(out, from, version);
}

template <class Struct>
void json_structs(JsonWriter& out, const char* name, const std::optional<std::vector<Struct>>& from, std::int16_t version) {
    out.key(name);
    if (from) {
        json_elements(out, *from, version);
    } else {
        out.null();
    }
}

template <class Struct>
void json_structs(JsonReader& in, const char* name, std::vector<Struct>& to, std::int16_t version) {
    if (!in.enter(name)) return;
    const auto count = in.array_size();
    to.clear();
    for (std::size_t index = 0; index < count && in.enter(index); ++index) {
        to.emplace_back().from_json(in, version);
        in.leave();
    }
    in.leave();
}

template <class Struct>
void json_structs(JsonReader& in, const char* name, std::optional<std::vector<Struct>>& to, std::int16_t version) {
    if (in.take_null(name)) {
        to.reset();
    } else {
        json_structs(in, name, to.emplace(), version);
    }
}

}  // namespace moldau::wire
