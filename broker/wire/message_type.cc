// Messages through their rows of function pointers.

#include "wire/message_type.h"

#include <algorithm>

#include "wire/decoder.h"
#include "wire/encoder.h"
#include "wire/json_reader.h"
#include "wire/json_writer.h"

namespace moldau::wire {

const MessageType* find_message_type(std::span<const MessageType* const> types, std::string_view name) {
    const auto name_of = [](const MessageType* type) { return type->info.name; };
    const auto found = std::ranges::lower_bound(types, name, {}, name_of);
    return found != types.end() && (*found)->info.name == name ? *found : nullptr;
}

Result<AnyMessage> AnyMessage::decode(const MessageType& type, Decoder& in, std::int16_t version) {
    AnyMessage message{type};
    if (in.begin(type.info, version)) type.read(message.value_.get(), in, version);
    if (!in.ok()) return fail(in.error());
    return message;
}

Result<AnyMessage> AnyMessage::from_json(const MessageType& type, std::string_view json, std::int16_t version) {
    AnyMessage message{type};
    JsonReader in{json};
    if (in.begin(type.info, version)) type.from_json(message.value_.get(), in, version);
    if (!in.ok()) return fail(in.error());
    return message;
}

Result<bytes::ChunkList> AnyMessage::encode(std::int16_t version) const {
    Encoder out;
    if (out.begin(type_->info, version)) type_->write(value_.get(), out, version);
    return out.finish();
}

std::string AnyMessage::to_json(std::int16_t version) const {
    JsonWriter out;
    type_->to_json(value_.get(), out, version);
    return out.take();
}

}  // namespace moldau::wire
