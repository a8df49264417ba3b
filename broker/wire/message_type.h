// Messages whose type is known only at run time: for the command line filters, fuzzers and replay of records by their
// number.
//
// The idea: the generator writes one `MessageType` per message, a row of function pointers, and registry.h has them all by
// name.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "wire/message.h"

namespace moldau::wire {

struct MessageType {
    MessageInfo info;
    std::int16_t number;  // the API key or the record type; -1 when it has neither
    void* (*make)();
    void (*drop)(void*);
    void (*read)(void*, Decoder&, std::int16_t);
    void (*write)(const void*, Encoder&, std::int16_t);
    void (*to_json)(const void*, JsonWriter&, std::int16_t);
    void (*from_json)(void*, JsonReader&, std::int16_t);
};

// The row of one message.
template <class M>
constexpr MessageType message_type(std::int16_t number) {
    return {
        .info = message_info<M>(),
        .number = number,
        .make = []() -> void* { return new M; },
        .drop = [](void* message) { delete static_cast<M*>(message); },
        .read = [](void* to, Decoder& in, std::int16_t version) { static_cast<M*>(to)->read(in, version); },
        .write = [](const void* from, Encoder& out,
                    std::int16_t version) { static_cast<const M*>(from)->write(out, version); },
        .to_json = [](const void* from, JsonWriter& out,
                      std::int16_t version) { static_cast<const M*>(from)->to_json(out, version); },
        .from_json = [](void* to, JsonReader& in, std::int16_t version) { static_cast<M*>(to)->from_json(in, version); }};
}

// The row of that name in a table sorted by name, or null.
const MessageType* find_message_type(std::span<const MessageType* const> types, std::string_view name);

// A message of any type. Move only.
class AnyMessage {
public:
    explicit AnyMessage(const MessageType& type) : type_(&type), value_(type.make(), type.drop) {}

    // From the decoder's position; what follows is left there. Errors as Decoder's.
    static Result<AnyMessage> decode(const MessageType& type, Decoder& in, std::int16_t version);
    static Result<AnyMessage> from_json(const MessageType& type, std::string_view json, std::int16_t version);
    // Errors as Encoder's.
    Result<bytes::ChunkList> encode(std::int16_t version) const;
    std::string to_json(std::int16_t version) const;
    const MessageType& type() const { return *type_; }

private:
    const MessageType* type_;
    std::unique_ptr<void, void (*)(void*)> value_;
};

}  // namespace moldau::wire
