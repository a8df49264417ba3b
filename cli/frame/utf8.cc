// A walk over code points.

#include "cli/frame/utf8.h"

#include <cstddef>
#include <cstdint>

namespace moldau::cli {
namespace {

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

}  // namespace

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto count = utf8_bytes(text);
        if (count == 0) return false;
        text.remove_prefix(count);
    }
    return true;
}

}  // namespace moldau::cli
