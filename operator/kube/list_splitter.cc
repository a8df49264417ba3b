// A scanner for brackets and strings.

#include "operator/kube/list_splitter.h"

#include <nlohmann/json.hpp>

#include "operator/kube/json.h"

namespace moldau::kube {
namespace {

constexpr std::size_t kEnvelopeBytesMax = 1U << 20U;
constexpr std::size_t kKeyBytesMax = 64;
constexpr std::size_t kItemDepth = 2;  // of what stands directly in "items"

bool is_space(char byte) { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; }

}  // namespace

Result<void> ListSplitter::feed(std::string_view chunk, const Take& take) {
    for (const char byte : chunk) MOLDAU_TRY(take_byte(byte, take));
    return {};
}

Result<void> ListSplitter::keep(char byte) {
    const bool inside = in_items_ && depth_ >= kItemDepth;
    auto& text = inside ? item_ : envelope_;
    if (text.size() >= (inside ? item_bytes_max_ : kEnvelopeBytesMax)) {
        return fail(Errc::kLimitExceeded, inside ? "an object of a list is too large" : "a list's metadata is too large");
    }
    text += byte;
    return {};
}

// Strings and brackets; at the top level also which key the value belongs to.
void ListSplitter::note(char byte) {
    if (in_string_) {
        if (escaped_) {
            escaped_ = false;
        } else if (byte == '\\') {
            escaped_ = true;
        } else if (byte == '"') {
            in_string_ = false;
            return;
        }
        if (depth_ == 1 && last_string_.size() < kKeyBytesMax) last_string_ += byte;
        return;
    }
    if (byte == '"') {
        in_string_ = true;
        last_string_.clear();
    } else if (byte == '{' || byte == '[') {
        ++depth_;
    } else if ((byte == '}' || byte == ']') && depth_ > 0) {
        --depth_;
    } else if (depth_ == 1 && byte == ':') {
        key_ = last_string_;
    } else if (depth_ == 1 && byte == ',') {
        key_.clear();
    }
}

Result<void> ListSplitter::take_between_items(char byte) {
    if (is_space(byte) || byte == ',') return {};
    if (byte == ']') {
        in_items_ = false;
        --depth_;
        return keep(byte);
    }
    if (byte != '{') return fail(Errc::kMalformed, "an element of a list is no object");
    MOLDAU_TRY(keep(byte));
    ++depth_;
    return {};
}

Result<void> ListSplitter::take_byte(char byte, const Take& take) {
    if (in_items_ && item_.empty()) return take_between_items(byte);
    const bool opens_items = !in_string_ && !in_items_ && depth_ == 1 && byte == '[' && key_ == "items";
    MOLDAU_TRY(keep(byte));
    note(byte);
    if (opens_items) in_items_ = true;
    if (in_items_ && !item_.empty() && depth_ == kItemDepth && !in_string_) {
        MOLDAU_TRY(take(item_));
        item_.clear();
    }
    return {};
}

Result<nlohmann::json> ListSplitter::finish() const {
    if (depth_ != 0 || in_string_) return fail(Errc::kMalformed, "a list ends in its middle");
    MOLDAU_TRY_ASSIGN(envelope, parse_json(envelope_));
    if (!envelope.is_object()) return fail(Errc::kMalformed, "a list is no JSON object");
    return envelope;
}

}  // namespace moldau::kube
