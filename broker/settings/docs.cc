// docs/configuration.md, made from the tables.

#include <fmt/format.h>

#include <algorithm>

#include "settings/values.h"

namespace moldau::settings {
namespace {

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

std::string default_text(const Setting& setting) {
    if (setting.default_value == nullptr) return "none";
    return *setting.default_value == '\0' ? "empty" : fmt::format("`{}`", setting.default_value);
}

std::string rows(std::span<const Setting> table) {
    std::vector<const Setting*> sorted;
    for (const auto& setting : table) sorted.push_back(&setting);
    std::ranges::sort(sorted, {}, &Setting::name);
    std::string text = "| name | type | default | allowed | meaning |\n|---|---|---|---|---|\n";
    for (const auto* setting : sorted) {
        text += fmt::format("| `{}` | {} | {} | {} | {} |\n", setting->name, type_name(setting->type),
                            default_text(*setting), allowed_text(*setting), setting->text);
    }
    return text;
}

}  // namespace

std::string configuration_page() {
    return fmt::format(
        "# Settings\n\n"
        "Made by `moldau-broker --print-config-docs` from the tables in `broker/settings`; do not edit.\n\n"
        "A broker reads its settings from a file (`--config FILE`: YAML, or `key=value` lines when it ends in "
        "`.properties`), from the\n"
        "environment (`MOLDAU_CONFIG_LOG_DIRS` is `log.dirs`) and from options (`-o key=value`); later ones win. Names and "
        "meanings are\n"
        "Kafka's; Moldau's own begin with `moldau.`. An unknown name or a bad value stops the start with status 2 and a "
        "list of all\n"
        "faults.\n\n"
        "## Broker\n\n{}\n## Topic\n\nA topic without a value of its own takes the broker's, whose name is in the broker's "
        "table.\n\n{}",
        rows(broker_settings()), rows(topic_settings()));
}

}  // namespace moldau::settings
