// Checking and reading single values, and guessing what a misspelt name meant.

#include "settings/setting.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace moldau::settings {
namespace {

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::unexpected<Error> refuse(const Setting& setting, std::string_view value) {
    const auto allowed = allowed_text(setting);
    return fail(Errc::kInvalidConfig, fmt::format("{}={}: must be {}", setting.name, value, allowed));
}

bool is_allowed_word(const Setting& setting, std::string_view word) {
    return setting.range.words.empty() || std::ranges::find(setting.range.words, word) != setting.range.words.end();
}

Result<std::string> canonical_integer(const Setting& setting, std::string_view value) {
    const auto number = parse_number<std::int64_t>(value);
    const bool too_wide = setting.type == Type::kInt && number && (*number > kIntMax || *number < -kIntMax - 1);
    if (!number || too_wide) return refuse(setting, value);
    const auto real = static_cast<double>(*number);
    if (real < setting.range.min || real > setting.range.max) return refuse(setting, value);
    return std::to_string(*number);
}

Result<std::string> canonical_double(const Setting& setting, std::string_view value) {
    const auto number = parse_number<double>(value);
    if (!number || !std::isfinite(*number)) return refuse(setting, value);
    if (*number < setting.range.min || *number > setting.range.max) return refuse(setting, value);
    return fmt::format("{}", *number);
}

Result<std::string> canonical_list(const Setting& setting, std::string_view value) {
    const auto items = to_list(value);
    for (const auto& item : items) {
        if (!is_allowed_word(setting, item)) return refuse(setting, value);
    }
    return fmt::format("{}", fmt::join(items, ","));
}

std::size_t edit_distance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> row(right.size() + 1);
    for (std::size_t column = 0; column < row.size(); ++column) row[column] = column;
    for (std::size_t line = 1; line <= left.size(); ++line) {
        std::size_t diagonal = std::exchange(row[0], line);
        for (std::size_t column = 1; column <= right.size(); ++column) {
            const std::size_t changed = diagonal + (left[line - 1] == right[column - 1] ? 0 : 1);
            diagonal = row[column];
            row[column] = std::min({changed, row[column] + 1, row[column - 1] + 1});
        }
    }
    return row.back();
}

const Setting* find_in(std::span<const Setting> rows, std::string_view name) {
    const auto found = std::ranges::find(rows, name, &Setting::name);
    return found == rows.end() ? nullptr : &*found;
}

std::string number_text(double value, Type type) {
    if (type == Type::kDouble) return fmt::format("{}", value);
    // The largest long is not exact as a double.
    if (value >= static_cast<double>(kLongMax)) return std::to_string(kLongMax);
    return std::to_string(static_cast<std::int64_t>(value));
}

}  // namespace

const Setting* find_broker_setting(std::string_view name) { return find_in(broker_settings(), name); }
const Setting* find_topic_setting(std::string_view name) { return find_in(topic_settings(), name); }

Result<std::string> canonical_value(const Setting& setting, std::string_view raw) {
    const auto value = trim(raw);
    switch (setting.type) {
        case Type::kBoolean: {
            std::string lower(value);
            std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
            if (lower != "true" && lower != "false") return refuse(setting, value);
            return lower;
        }
        case Type::kInt:
        case Type::kLong:
            return canonical_integer(setting, value);
        case Type::kDouble:
            return canonical_double(setting, value);
        case Type::kList:
            return canonical_list(setting, value);
        case Type::kString:
            if (!is_allowed_word(setting, value)) return refuse(setting, value);
            return std::string(value);
    }
    return refuse(setting, value);
}

std::string_view type_name(Type type) {
    switch (type) {
        case Type::kBoolean:
            return "boolean";
        case Type::kString:
            return "text";
        case Type::kInt:
            return "int";
        case Type::kLong:
            return "long";
        case Type::kDouble:
            return "number";
        case Type::kList:
            return "list";
    }
    return "";
}

std::string allowed_text(const Setting& setting) {
    if (setting.type == Type::kBoolean) return "true or false";
    if (!setting.range.words.empty()) {
        const auto* form = setting.type == Type::kList ? "a list of {}" : "one of {}";
        return fmt::format(fmt::runtime(form), fmt::join(setting.range.words, ", "));
    }
    if (setting.type == Type::kString) return "a text";
    if (setting.type == Type::kList) return "a list, separated by commas";
    const bool from = std::isfinite(setting.range.min);
    const bool to = std::isfinite(setting.range.max);
    const std::string kind = setting.type == Type::kDouble ? "a number" : "an integer";
    if (from && to) {
        return fmt::format("{} from {} to {}", kind, number_text(setting.range.min, setting.type),
                           number_text(setting.range.max, setting.type));
    }
    if (from) return fmt::format("{} of at least {}", kind, number_text(setting.range.min, setting.type));
    return kind;
}

std::int64_t to_int(std::string_view canonical) { return parse_number<std::int64_t>(canonical).value_or(0); }
double to_double(std::string_view canonical) { return parse_number<double>(canonical).value_or(0); }
bool to_bool(std::string_view canonical) { return canonical == "true"; }

std::vector<std::string> to_list(std::string_view canonical) {
    std::vector<std::string> items;
    while (!canonical.empty()) {
        const auto comma = canonical.find(',');
        const auto item = trim(canonical.substr(0, comma));
        if (!item.empty()) items.emplace_back(item);
        if (comma == std::string_view::npos) break;
        canonical.remove_prefix(comma + 1);
    }
    return items;
}

std::optional<std::string_view> nearest_name(std::string_view name, std::span<const Setting> known) {
    std::optional<std::string_view> nearest;
    std::size_t best = std::max<std::size_t>(name.size() / 3, 2) + 1;
    for (const auto& setting : known) {
        const auto distance = edit_distance(name, setting.name);
        if (distance >= best) continue;
        best = distance;
        nearest = setting.name;
    }
    return nearest;
}

}  // namespace moldau::settings
