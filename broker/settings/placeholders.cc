// Finding placeholders and numbers.

#include "settings/placeholders.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "settings/setting.h"

namespace moldau::settings {
namespace {

constexpr std::string_view kOpen = "${";
constexpr std::string_view kProvider = "env:";

Result<std::string> look_up(std::string_view inside, const KeyValues& environment) {
    if (!inside.starts_with(kProvider)) {
        return fail(Errc::kInvalidConfig, fmt::format("${{{}}}: write ${{env:NAME}} for an environment variable", inside));
    }
    const auto name = inside.substr(kProvider.size());
    const auto found = std::ranges::find(environment, name, [](const auto& variable) { return variable.first; });
    if (found != environment.end()) return found->second;
    return fail(Errc::kInvalidConfig, fmt::format("${{{}}}: there is no such environment variable", inside));
}

}  // namespace

Result<std::string> expand_placeholders(std::string_view value, const KeyValues& environment) {
    std::string expanded;
    while (true) {
        const auto open = value.find(kOpen);
        expanded += value.substr(0, open);
        if (open == std::string_view::npos) return expanded;
        const auto close = value.find('}', open);
        if (close == std::string_view::npos) {
            return fail(Errc::kInvalidConfig, fmt::format("{}: ${{ without its }}", value.substr(open)));
        }
        MOLDAU_TRY_ASSIGN(put, look_up(value.substr(open + kOpen.size(), close - open - kOpen.size()), environment));
        expanded += put;
        value.remove_prefix(close + 1);
    }
}

Result<std::string> ordinal_of(std::string_view host_name) {
    const auto name = host_name.substr(0, host_name.find('.'));
    const auto dash = name.rfind('-');
    const auto digits = dash == std::string_view::npos ? std::string_view{} : name.substr(dash + 1);
    const bool is_number =
        !digits.empty() && digits.size() <= 9 && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
    if (is_number) return std::to_string(to_int(digits));
    return fail(Errc::kInvalidConfig,
                fmt::format("the host is called '{}', which does not end in a dash and a number", name));
}

}  // namespace moldau::settings
