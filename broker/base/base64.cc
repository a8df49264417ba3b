// Base64 by the letter of RFC 4648.

#include "base/base64.h"

#include <array>

namespace moldau {
namespace {

constexpr std::string_view kStandardLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string_view letters_of(Base64Alphabet alphabet) {
    return alphabet == Base64Alphabet::kUrl ? kUrlLetters : kStandardLetters;
}

std::array<std::int8_t, 256> values_of(Base64Alphabet alphabet) {
    std::array<std::int8_t, 256> values;
    values.fill(-1);
    const auto letters = letters_of(alphabet);
    for (std::size_t index = 0; index < letters.size(); ++index) {
        values[static_cast<std::uint8_t>(letters[index])] = static_cast<std::int8_t>(index);
    }
    return values;
}

}  // namespace

std::string base64_encode(std::span<const std::uint8_t> data, Base64Alphabet alphabet) {
    const auto letters = letters_of(alphabet);
    std::string text;
    text.reserve((data.size() + 2) / 3 * 4);
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const std::uint8_t byte : data) {
        bits = (bits << 8) | byte;
        for (count += 8; count >= 6; count -= 6) text += letters[(bits >> (count - 6)) & 63];
    }
    if (count > 0) text += letters[(bits << (6 - count)) & 63];
    if (alphabet == Base64Alphabet::kStandard) text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

Result<std::vector<std::uint8_t>> base64_decode(std::string_view text, Base64Alphabet alphabet) {
    while (!text.empty() && text.back() == '=') text.remove_suffix(1);
    if (text.size() % 4 == 1) return fail(Errc::kMalformed, "base64: impossible length");
    const auto values = values_of(alphabet);
    std::vector<std::uint8_t> data;
    data.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char letter : text) {
        const auto value = values[static_cast<std::uint8_t>(letter)];
        if (value < 0) return fail(Errc::kMalformed, "base64: foreign character");
        bits = (bits << 6) | static_cast<std::uint32_t>(value);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        data.push_back(static_cast<std::uint8_t>(bits >> count));
    }
    return data;
}

}  // namespace moldau
