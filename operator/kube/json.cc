// Parsing with a depth limit, and walking by JSON pointers.

#include "operator/kube/json.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace moldau::kube {
namespace {

// Counts brackets outside of strings; what is no JSON is the parser's to find.
bool is_deeper(std::string_view text, std::size_t most) {
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char byte = text[at];
        if (in_string) {
            if (byte == '\\') ++at;
            if (byte == '"') in_string = false;
        } else if (byte == '"') {
            in_string = true;
        } else if (byte == '{' || byte == '[') {
            if (++depth > most) return true;
        } else if ((byte == '}' || byte == ']') && depth > 0) {
            --depth;
        }
    }
    return false;
}

std::string unescape(std::string_view segment) {
    std::string text;
    for (std::size_t at = 0; at < segment.size(); ++at) {
        const bool escaped = segment[at] == '~' && at + 1 < segment.size();
        if (escaped) ++at;
        text += escaped ? (segment[at] == '1' ? '/' : '~') : segment[at];
    }
    return text;
}

const nlohmann::json* step(const nlohmann::json& value, std::string_view segment) {
    if (value.is_object()) {
        const auto found = value.find(unescape(segment));
        return found == value.end() ? nullptr : &*found;
    }
    if (!value.is_array()) return nullptr;
    std::size_t index = 0;
    const auto [end, fault] = std::from_chars(segment.data(), segment.data() + segment.size(), index);
    if (fault != std::errc{} || end != segment.data() + segment.size() || index >= value.size()) return nullptr;
    return &value[index];
}

}  // namespace

Result<nlohmann::json> parse_json(std::string_view text) {
    if (is_deeper(text, kJsonDepthMax)) return fail(Errc::kMalformed, "JSON nested too deep");
    auto value = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (value.is_discarded()) return fail(Errc::kMalformed, "no JSON: " + std::string(text.substr(0, 80)));
    return value;
}

std::string json_text(const nlohmann::json& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

const nlohmann::json* json_find(const nlohmann::json& root, std::string_view pointer) {
    const nlohmann::json* at = &root;
    while (at != nullptr && !pointer.empty()) {
        if (pointer.front() != '/') return nullptr;
        pointer.remove_prefix(1);
        const auto length = std::min(pointer.find('/'), pointer.size());
        at = step(*at, pointer.substr(0, length));
        pointer.remove_prefix(length);
    }
    return at;
}

std::string json_string(const nlohmann::json& root, std::string_view pointer) {
    const auto* found = json_find(root, pointer);
    return found != nullptr && found->is_string() ? found->get<std::string>() : std::string{};
}

bool json_set(nlohmann::json& root, std::string_view pointer, nlohmann::json value) {
    nlohmann::json* at = &root;
    while (!pointer.empty()) {
        if (pointer.front() != '/') return false;
        pointer.remove_prefix(1);
        const auto length = std::min(pointer.find('/'), pointer.size());
        const auto segment = pointer.substr(0, length);
        pointer.remove_prefix(length);
        if (const auto* next = step(*at, segment)) {
            at = const_cast<nlohmann::json*>(next);  // inside `root`, which is ours to change
        } else if (at->is_object()) {
            at = &(*at)[unescape(segment)];
            if (!pointer.empty()) *at = nlohmann::json::object();
        } else {
            return false;
        }
    }
    *at = std::move(value);
    return true;
}

bool json_erase(nlohmann::json& root, std::string_view pointer) {
    const auto slash = pointer.rfind('/');
    if (slash == std::string_view::npos) return false;
    auto* parent = const_cast<nlohmann::json*>(json_find(root, pointer.substr(0, slash)));
    const auto segment = pointer.substr(slash + 1);
    if (parent == nullptr || step(*parent, segment) == nullptr) return false;
    if (parent->is_object()) {
        parent->erase(unescape(segment));
    } else {
        parent->erase(static_cast<std::size_t>(std::stoull(std::string(segment))));
    }
    return true;
}

std::string pointer_escape(std::string_view segment) {
    std::string text;
    for (const char byte : segment) {
        if (byte == '~') {
            text += "~0";
        } else if (byte == '/') {
            text += "~1";
        } else {
            text += byte;
        }
    }
    return text;
}

}  // namespace moldau::kube
