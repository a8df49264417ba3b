// Format strings: parsed once, printed for each record.

#include "cli/records/format.h"

namespace moldau::cli {
namespace {

constexpr std::string_view kFields = "tpoTkKsSRhn";

int hex_value(char letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
    if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
    return -1;
}

// The letter that the escape at the start of `text` (behind the backslash) stands for; removes it.
std::optional<char> take_escape(std::string_view& text) {
    constexpr std::string_view kNames = "ntr0\\";
    constexpr std::string_view kLetters{"\n\t\r\0\\", 5};
    if (text.empty()) return std::nullopt;
    if (const auto at = kNames.find(text.front()); at != std::string_view::npos) {
        text.remove_prefix(1);
        return kLetters[at];
    }
    if (text.size() < 3 || text.front() != 'x') return std::nullopt;
    const int high = hex_value(text[1]);
    const int low = hex_value(text[2]);
    if (high < 0 || low < 0) return std::nullopt;
    text.remove_prefix(3);
    return static_cast<char>(high * 16 + low);
}

void append_headers(std::string& to, const RecordFields& record) {
    std::string_view comma;
    for (const auto& header : record.headers) {
        to += comma;
        to += header.name;
        to += '=';
        to += header.value.value_or("NULL");
        comma = ",";
    }
}

void append_length_bytes(std::string& to, const std::optional<std::string_view>& text) {
    const auto length = text ? static_cast<std::uint32_t>(text->size()) : ~std::uint32_t{0};
    for (int shift = 24; shift >= 0; shift -= 8) to += static_cast<char>((length >> shift) & 0xff);
}

std::string length_text(const std::optional<std::string_view>& text) { return text ? std::to_string(text->size()) : "-1"; }

void append_field(std::string& to, char field, const RecordFields& record) {
    switch (field) {
        case 't':
            to += record.topic;
            break;
        case 'p':
            to += std::to_string(record.partition);
            break;
        case 'o':
            to += std::to_string(record.offset);
            break;
        case 'T':
            to += std::to_string(record.timestamp_ms);
            break;
        case 'k':
            to += record.key.value_or("");
            break;
        case 'K':
            to += length_text(record.key);
            break;
        case 's':
            to += record.value.value_or("");
            break;
        case 'S':
            to += length_text(record.value);
            break;
        case 'R':
            append_length_bytes(to, record.value);
            break;
        case 'h':
            append_headers(to, record);
            break;
        case 'n':
            to += '\n';
            break;
        default:
            break;
    }
}

}  // namespace

Format::Format() : pieces_{{'s', {}}, {0, "\n"}} {}

void Format::add_literal(char letter) {
    if (pieces_.empty() || pieces_.back().field != 0) pieces_.push_back({0, {}});
    pieces_.back().literal += letter;
}

Result<Format> Format::parse(std::string_view text) {
    Format format;
    format.pieces_.clear();
    while (!text.empty()) {
        const char letter = text.front();
        text.remove_prefix(1);
        if (letter == '\\') {
            const auto escaped = take_escape(text);
            if (!escaped) return fail(Errc::kUsage, "a backslash needs n, t, r, 0, \\ or xHH behind it");
            format.add_literal(*escaped);
        } else if (letter != '%') {
            format.add_literal(letter);
        } else if (text.starts_with('%')) {
            format.add_literal('%');
            text.remove_prefix(1);
        } else if (!text.empty() && kFields.find(text.front()) != kFields.npos) {
            format.pieces_.push_back({text.front(), {}});
            text.remove_prefix(1);
        } else {
            return fail(Errc::kUsage, "'%" + std::string(text.substr(0, 1)) +
                                          "' is no field: there are %t %p %o %T %k %K %s %S %R %h %n %%");
        }
    }
    return format;
}

void Format::print(std::string& to, const RecordFields& record) const {
    for (const auto& piece : pieces_) {
        to += piece.literal;
        append_field(to, piece.field, record);
    }
}

}  // namespace moldau::cli
