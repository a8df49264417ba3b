// Text and JSON to records.

#include "cli/records/record_input.h"

#include "base/base64.h"
#include "wire/json_reader.h"

namespace moldau::cli {
namespace {

using Text = std::optional<std::string>;

// Where a text may be: as it is, or in base64 when it is not UTF-8.
struct Names {
    const char* text;
    const char* base64;
};

Text take_text(wire::JsonReader& json, const Names& names) {
    Text value;
    if (json.has(names.base64)) {
        std::string encoded;
        json.member(names.base64, encoded);
        const auto decoded = base64_decode(encoded);
        if (decoded) {
            value.emplace(decoded->begin(), decoded->end());
        } else if (json.ok()) {
            json.fail(std::string(names.base64) + " is not base64");
        }
    } else if (json.has(names.text)) {
        json.member(names.text, value);
    }
    return value;
}

void take_headers(wire::JsonReader& json, InputRecord& record) {
    if (!json.has("headers") || !json.enter("headers")) return;
    const auto count = json.array_size();
    for (std::size_t index = 0; index < count && json.enter(index); ++index) {
        if (json.begin_object()) {
            auto& header = record.headers.emplace_back();
            json.member("name", header.first);
            header.second = take_text(json, {"value", "base64"});
            json.end_object();
        }
        json.leave();
    }
    json.leave();
}

void ignore(wire::JsonReader& json, const char* name) {
    if (json.has(name) && json.enter(name)) json.leave();
}

}  // namespace

InputRecord split_line(std::string_view line, const LineRules& rules) {
    InputRecord record;
    const auto& separator = rules.key_separator;
    const auto at = separator.empty() ? line.npos : line.find(separator);
    if (at != line.npos) {
        record.key = line.substr(0, at);
        line.remove_prefix(at + separator.size());
    }
    record.value = line;
    if (rules.empty == EmptyMeans::kNull) {
        if (record.value->empty()) record.value.reset();
        if (record.key && record.key->empty()) record.key.reset();
    }
    return record;
}

Result<InputRecord> parse_json_record(std::string_view line) {
    InputRecord record;
    wire::JsonReader json{line};
    if (json.begin_object()) {
        if (!json.has("value") && !json.has("valueBase64")) json.fail("value is missing");
        record.key = take_text(json, {"key", "keyBase64"});
        record.value = take_text(json, {"value", "valueBase64"});
        take_headers(json, record);
        if (json.has("partition")) json.member("partition", record.partition);
        if (json.has("timestamp")) json.member("timestamp", record.timestamp_ms);
        ignore(json, "topic");
        ignore(json, "offset");
        json.end_object();
    }
    if (!json.ok()) return fail(Errc::kUsage, json.error().context);
    if (record.partition.value_or(0) < 0 || record.timestamp_ms.value_or(0) < 0) {
        return fail(Errc::kUsage, "partition and timestamp are at least 0");
    }
    return record;
}

}  // namespace moldau::cli
