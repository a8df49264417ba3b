// Lines to messages and back.

#include "wire/filter.h"

#include <charconv>
#include <vector>

#include "wire/decoder.h"
#include "wire/message_type.h"
#include "wire/registry.h"

namespace moldau::wire {
namespace {

struct Line {
    const MessageType* type;
    std::int16_t version;
    std::string head;  // name and version with their tabs, as the answer begins
    std::string_view content;
};

Result<Line> parse_line(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto first = line.find('\t');
    const auto second = first == line.npos ? line.npos : line.find('\t', first + 1);
    if (second == line.npos) return fail(Errc::kMalformed, "expected name, version and content with tabs between");
    const auto name = line.substr(0, first);
    const auto number = line.substr(first + 1, second - first - 1);
    const auto* type = find_message_type(message_types(), name);
    if (type == nullptr) return fail(Errc::kMalformed, "there is no message '" + std::string(name) + "'");
    std::int16_t version = 0;
    const auto parsed = std::from_chars(number.data(), number.data() + number.size(), version);
    if (parsed.ec != std::errc{} || parsed.ptr != number.data() + number.size()) {
        return fail(Errc::kMalformed, "'" + std::string(number) + "' is no version");
    }
    return Line{type, version, std::string(line.substr(0, second + 1)), line.substr(second + 1)};
}

int hex_value(char letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
    if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
    return -1;
}

Result<bytes::View> from_hex(std::string_view hex) {
    if (hex.size() % 2 != 0) return fail(Errc::kMalformed, "hex has an odd number of digits");
    bytes::Buffer buffer{hex.size() / 2};
    for (std::size_t index = 0; index < hex.size(); index += 2) {
        const int high = hex_value(hex[index]);
        const int low = hex_value(hex[index + 1]);
        if (high < 0 || low < 0) return fail(Errc::kMalformed, "no hex digits at " + std::to_string(index));
        buffer.spare()[0] = static_cast<std::uint8_t>(high * 16 + low);
        buffer.commit(1);
    }
    return buffer.view();
}

std::string to_hex(const bytes::ChunkList& chunks) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    hex.reserve(chunks.size() * 2);
    for (const auto& chunk : chunks.chunks()) {
        for (const auto byte : chunk.span()) {
            hex += kDigits[byte >> 4];
            hex += kDigits[byte & 15];
        }
    }
    return hex;
}

}  // namespace

Result<std::string> decode_line(std::string_view text) {
    MOLDAU_TRY_ASSIGN(line, parse_line(text));
    MOLDAU_TRY_ASSIGN(body, from_hex(line.content));
    Decoder in{std::move(body)};
    MOLDAU_TRY_ASSIGN(message, AnyMessage::decode(*line.type, in, line.version));
    MOLDAU_TRY(in.expect_end());
    return line.head + message.to_json(line.version);
}

Result<std::string> encode_line(std::string_view text) {
    MOLDAU_TRY_ASSIGN(line, parse_line(text));
    MOLDAU_TRY_ASSIGN(message, AnyMessage::from_json(*line.type, line.content, line.version));
    MOLDAU_TRY_ASSIGN(body, message.encode(line.version));
    return line.head + to_hex(body);
}

}  // namespace moldau::wire
