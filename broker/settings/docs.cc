// docs/configuration.md, made from the tables.

#include <fmt/format.h>

#include <algorithm>

#include "settings/values.h"

namespace moldau::settings {
namespace {

std::string default_text(const Setting& setting) {
    if (setting.default_value == nullptr) return "none";
    return *setting.default_value == '\0' ? "empty" : fmt::format("`{}`", setting.default_value);
}

// How a running broker's setting is changed: an empty cell means not at all.
std::string_view update_text(Update update) {
    switch (update) {
        case Update::kReadOnly:
            return "";
        case Update::kPerBroker:
            return "per broker";
        case Update::kClusterWide:
            return "cluster-wide";
    }
    return "";
}

std::vector<const Setting*> by_name(std::span<const Setting> table) {
    std::vector<const Setting*> sorted;
    for (const auto& setting : table) sorted.push_back(&setting);
    std::ranges::sort(sorted, {}, &Setting::name);
    return sorted;
}

std::string row(const Setting& setting) {
    return fmt::format("| `{}` | {} | {} | {} | {} |", setting.name, type_name(setting.type), default_text(setting),
                       allowed_text(setting), setting.text);
}

std::string broker_rows() {
    std::string text = "| name | type | default | allowed | meaning | changes |\n|---|---|---|---|---|---|\n";
    for (const auto* setting : by_name(broker_settings())) {
        text += fmt::format("{} {} |\n", row(*setting), update_text(setting->update));
    }
    return text;
}

std::string topic_rows() {
    std::string text = "| name | type | default | allowed | meaning |\n|---|---|---|---|---|\n";
    for (const auto* setting : by_name(topic_settings())) text += row(*setting) + '\n';
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
        "faults. In a value `${{env:NAME}}` stands for that environment variable of the broker, which must be set; anything "
        "else in `${{}}`\n"
        "is a fault.\n\n"
        "A setting that says how it changes can be set while brokers run, for all of them or for one, by AlterConfigs "
        "(`kafka-configs`,\n"
        "`moldau config`). Such values are in the metadata, count at once, hold over restarts and win over the file: the "
        "one broker's over\n"
        "everybody's. The others need a restart with another file.\n\n"
        "## Broker\n\n{}\n## Topic\n\nA topic without a value of its own takes the broker's, whose name is in the broker's "
        "table. Changes\n"
        "count at once.\n\n{}",
        broker_rows(), topic_rows());
}

}  // namespace moldau::settings
