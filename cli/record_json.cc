// A record that was read as a line of JSON.

#include "base/base64.h"
#include "format.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

std::span<const std::uint8_t> as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

bool is_continuation(char letter) { return (static_cast<std::uint8_t>(letter) & 0xc0) == 0x80; }

// The code point that starts at `text`'s front and its length in bytes, or a length of 0 when it is not UTF-8.
std::size_t utf8_bytes(std::string_view text) {
    const auto lead = static_cast<std::uint8_t>(text.front());
    if (lead < 0x80) return 1;
    const std::size_t count = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < count) return 0;
    for (const char letter : text.substr(1, count - 1)) {
        if (!is_continuation(letter)) return 0;
    }
    const auto second = static_cast<std::uint8_t>(text[1]);
    const bool is_overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
    const bool is_foreign = (lead == 0xed && second > 0x9f) || (lead == 0xf4 && second > 0x8f);
    return is_overlong || is_foreign ? 0 : count;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto count = utf8_bytes(text);
        if (count == 0) return false;
        text.remove_prefix(count);
    }
    return true;
}

struct Names {
    const char* text;
    const char* base64;
};

void put(wire::JsonWriter& json, const Names& names, const std::optional<std::string_view>& value) {
    if (!value) {
        json.key(names.text);
        json.null();
    } else if (is_utf8(*value)) {
        json.member(names.text, *value);
    } else {
        json.member(names.base64, base64_encode(as_bytes(*value)));
    }
}

}  // namespace

std::string record_json(const RecordFields& record) {
    wire::JsonWriter json;
    json.begin_object();
    json.member("topic", record.topic);
    json.member("partition", record.partition);
    json.member("offset", record.offset);
    json.key("timestamp");
    if (record.timestamp_ms < 0) {
        json.null();
    } else {
        json.put(record.timestamp_ms);
    }
    put(json, {"key", "keyBase64"}, record.key);
    put(json, {"value", "valueBase64"}, record.value);
    json.key("headers");
    json.begin_array();
    for (const auto& header : record.headers) {
        json.begin_object();
        json.member("name", header.name);
        put(json, {"value", "base64"}, header.value);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return json.take();
}

}  // namespace moldau::cli
