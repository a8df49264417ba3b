// A record that was read as a line of JSON.

#include "base/base64.h"
#include "cli/frame/utf8.h"
#include "cli/records/format.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

std::span<const std::uint8_t> as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
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
