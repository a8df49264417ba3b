// Parsing and matching of selectors.

#include "operator/kube_fake/selector.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "operator/kube/json.h"

namespace moldau::kube_fake {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

// At commas that are not inside of parentheses.
std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    std::size_t begin = 0;
    int depth = 0;
    for (std::size_t at = 0; at <= text.size(); ++at) {
        const char byte = at < text.size() ? text[at] : ',';
        if (byte == '(') ++depth;
        if (byte == ')') --depth;
        if (byte != ',' || depth > 0) continue;
        const auto part = trimmed(text.substr(begin, at - begin));
        if (!part.empty()) parts.push_back(part);
        begin = at + 1;
    }
    return parts;
}

std::string label_pointer(std::string_view key) { return "/metadata/labels/" + kube::pointer_escape(trimmed(key)); }

// What stands before an operator and after it.
bool cut(std::string_view text, std::string_view separator, std::string_view& before, std::string_view& after) {
    const auto at = text.find(separator);
    if (at == std::string_view::npos) return false;
    before = trimmed(text.substr(0, at));
    after = trimmed(text.substr(at + separator.size()));
    return true;
}

std::vector<std::string> values_in(std::string_view text) {
    while (!text.empty() && (text.front() == '(' || text.front() == '=')) text.remove_prefix(1);
    while (!text.empty() && text.back() == ')') text.remove_suffix(1);
    std::vector<std::string> values;
    for (const auto value : split(text)) values.emplace_back(value);
    if (values.empty()) values.emplace_back();
    return values;
}

}  // namespace

Selector::Selector(std::string_view labels, std::string_view fields) {
    for (const auto part : split(labels)) terms_.push_back(label_term(part));
    for (const auto part : split(fields)) terms_.push_back(field_term(part));
}

Selector::Term Selector::label_term(std::string_view text) {
    std::string_view key;
    std::string_view rest;
    if (cut(text, " notin ", key, rest) || cut(text, "!=", key, rest)) {
        return {.pointer = label_pointer(key), .values = values_in(rest), .negated = true};
    }
    if (cut(text, " in ", key, rest) || cut(text, "=", key, rest)) {
        return {.pointer = label_pointer(key), .values = values_in(rest)};
    }
    if (text.starts_with('!')) return {.pointer = label_pointer(text.substr(1)), .values = {}, .negated = true};
    return {.pointer = label_pointer(text), .values = {}};
}

Selector::Term Selector::field_term(std::string_view text) {
    std::string_view key;
    std::string_view rest;
    const bool negated = cut(text, "!=", key, rest);
    if (!negated && !cut(text, "=", key, rest)) key = text;
    std::string pointer = "/" + std::string(key);
    std::ranges::replace(pointer, '.', '/');
    return {.pointer = pointer, .values = values_in(rest), .negated = negated};
}

bool Selector::holds(const Term& term, const nlohmann::json& object) {
    const auto* found = kube::json_find(object, term.pointer);
    if (term.values.empty()) return (found != nullptr) != term.negated;
    const auto text = found != nullptr && found->is_string() ? found->get<std::string>() : std::string{};
    const bool listed = found != nullptr && std::ranges::find(term.values, text) != term.values.end();
    return listed != term.negated;
}

bool Selector::matches(const nlohmann::json& object) const {
    return std::ranges::all_of(terms_, [&](const Term& term) { return holds(term, object); });
}

}  // namespace moldau::kube_fake
