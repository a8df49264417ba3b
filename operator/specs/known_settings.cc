// The table, and what can be said about a value.

#include "operator/specs/known_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace moldau::specs {
namespace {

std::optional<std::int64_t> whole(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool is_number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return !text.empty() && error == std::errc{} && end == text.data() + text.size();
}

// The number after `word`, as "1" after "from" in "an integer from 1 to 256".
std::optional<std::int64_t> bound(std::string_view allowed, std::string_view word) {
    const auto at = allowed.find(word);
    if (at == std::string_view::npos) return std::nullopt;
    const auto rest = allowed.substr(at + word.size());
    return whole(rest.substr(0, rest.find(' ')));
}

bool is_in_range(std::string_view allowed, std::int64_t value) {
    const auto least = bound(allowed, " from ");
    const auto most = bound(allowed, " to ");
    const auto at_least = bound(allowed, " at least ");
    return (!least || value >= *least) && (!most || value <= *most) && (!at_least || value >= *at_least);
}

bool fits(const KnownSetting& setting, std::string_view value) {
    // The broker puts in what only it can see.
    if (value.find("${") != std::string_view::npos) return true;
    if (setting.type == "boolean") return value == "true" || value == "false" || value == "TRUE" || value == "FALSE";
    if (setting.type == "number") return is_number(value);
    if (setting.type != "int" && setting.type != "long") return true;
    const auto number = whole(value);
    return number && is_in_range(setting.allowed, *number);
}

std::size_t distance(std::string_view one, std::string_view other) {
    std::vector<std::size_t> row(other.size() + 1);
    for (std::size_t at = 0; at < row.size(); ++at) row[at] = at;
    for (std::size_t line = 1; line <= one.size(); ++line) {
        auto diagonal = row[0];
        row[0] = line;
        for (std::size_t at = 1; at < row.size(); ++at) {
            const auto replaced = diagonal + (one[line - 1] == other[at - 1] ? 0 : 1);
            diagonal = row[at];
            row[at] = std::min({replaced, row[at] + 1, row[at - 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

const std::vector<KnownSetting>& known_settings() {
    static const std::vector<KnownSetting> kTable{
#include "operator/specs/known_settings.inc"
    };
    return kTable;
}

std::optional<std::string> fault_of(const KnownSetting& setting, std::string_view value) {
    if (fits(setting, value)) return std::nullopt;
    return fmt::format("write {}", setting.allowed);
}

std::string nearest(std::span<const KnownSetting> known, std::string_view name) {
    constexpr std::size_t kNear = 3;
    const KnownSetting* best = nullptr;
    std::size_t least = kNear + 1;
    for (const auto& setting : known) {
        const auto far = distance(name, setting.name);
        if (far < least) {
            least = far;
            best = &setting;
        }
    }
    return best == nullptr ? std::string{} : best->name;
}

}  // namespace moldau::specs
