// Commas, quotes and escapes.

#include "wire/json_writer.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/base64.h"

namespace moldau::wire {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// Bytes of the UTF-8 sequence at the start of `text` by RFC 3629; 0 when there is no valid one.
std::size_t utf8_bytes(std::string_view text) {
    const auto byte = [&](std::size_t index) { return static_cast<std::uint8_t>(text[index]); };
    const auto lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t count = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < count) return 0;
    for (std::size_t index = 1; index < count; ++index) {
        if ((byte(index) & 0xc0) != 0x80) return 0;
    }
    const auto second = byte(1);
    const bool is_wrong = (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
                          (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f);
    return is_wrong ? 0 : count;
}

void append_escaped(std::string& to, char letter) {
    constexpr std::string_view kHex = "0123456789abcdef";
    constexpr std::string_view kLetters = "\"\\\b\f\n\r\t";
    constexpr std::string_view kNames = "\"\\bfnrt";
    if (const auto at = kLetters.find(letter); at != std::string_view::npos) {
        to += '\\';
        to += kNames[at];
        return;
    }
    if (static_cast<std::uint8_t>(letter) >= 0x20) {
        to += letter;
        return;
    }
    to += "\\u00";
    to += kHex[static_cast<std::uint8_t>(letter) >> 4];
    to += kHex[static_cast<std::uint8_t>(letter) & 15];
}

}  // namespace

void JsonWriter::separate() {
    if (needs_comma_) text_ += ',';
    needs_comma_ = true;
}

void JsonWriter::raw(std::string_view value) {
    separate();
    text_ += value;
}

void JsonWriter::open(char bracket) {
    separate();
    text_ += bracket;
    needs_comma_ = false;
}

void JsonWriter::close(char bracket) {
    text_ += bracket;
    needs_comma_ = true;
}

void JsonWriter::key(std::string_view name) {
    put(name);
    text_ += ':';
    needs_comma_ = false;
}

void JsonWriter::integer(std::int64_t value) { raw(std::to_string(value)); }

void JsonWriter::real(double value) {
    if (std::isnan(value)) return put(std::string_view{"NaN"});
    if (std::isinf(value)) return put(std::string_view{value > 0 ? "Infinity" : "-Infinity"});
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    std::string_view text{digits.data(), end};
    raw(text);
    if (text.find_first_of(".e") == std::string_view::npos) text_ += ".0";
}

void JsonWriter::put(std::string_view value) {
    separate();
    text_ += '"';
    while (!value.empty()) {
        const auto count = utf8_bytes(value);
        if (count == 0) {
            text_ += kReplacement;
        } else if (count == 1) {
            append_escaped(text_, value.front());
        } else {
            text_ += value.substr(0, count);
        }
        value.remove_prefix(count == 0 ? 1 : count);
    }
    text_ += '"';
}

void JsonWriter::put(const bytes::View& value) { put(std::string_view{base64_encode(value.span())}); }
void JsonWriter::put(const bytes::ChunkList& value) { put(value.flatten()); }
void JsonWriter::put(const Uuid& value) { put(std::string_view{value.to_string()}); }

void JsonWriter::unknown_tags(const TaggedFields& tags) {
    if (tags.empty()) return;
    key(kUnknownTagsKey);
    begin_array();
    for (const auto& field : tags) {
        begin_object();
        member("tag", field.tag);
        member("data", field.data);
        end_object();
    }
    end_array();
}

}  // namespace moldau::wire
