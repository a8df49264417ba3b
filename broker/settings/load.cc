// Reads settings from file, environment and options, and lists all faults at once.

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "settings/changes.h"
#include "settings/placeholders.h"
#include "settings/values.h"

namespace moldau::settings {
namespace {

constexpr std::string_view kEnvironmentPrefix = "MOLDAU_CONFIG_";

struct Origin {
    std::string key;
    std::string value;
    std::string where;
};

void read_properties(const std::string& path, std::vector<Origin>& found, Faults& faults) {
    std::ifstream file(path);
    if (!file) return faults.lines.push_back(fmt::format("{}: cannot be read", path));
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
        const auto first = line.find_first_not_of(" \t\r");
        if (first == std::string::npos || line[first] == '#' || line[first] == '!') continue;
        const auto equals = line.find('=');
        if (equals == std::string::npos) {
            faults.lines.push_back(fmt::format("{}:{}: expected key=value", path, number));
            continue;
        }
        auto key = line.substr(first, equals - first);
        key.erase(key.find_last_not_of(" \t") + 1);
        found.push_back({key, line.substr(equals + 1), fmt::format("{}:{}", path, number)});
    }
}

// Nested maps and dotted keys are the same: `log: {dirs: x}` is `log.dirs: x`. Lists become comma-separated texts.
void flatten(const YAML::Node& node, const std::string& prefix, const std::string& path, std::vector<Origin>& found,
             int depth) {
    const auto where = fmt::format("{}:{}", path, node.Mark().line + 1);
    if (node.IsMap() && depth < 8) {
        for (const auto& entry : node) {
            const auto key = entry.first.as<std::string>();
            flatten(entry.second, prefix.empty() ? key : prefix + '.' + key, path, found, depth + 1);
        }
    } else if (node.IsSequence()) {
        std::string joined;
        for (const auto& item : node) joined += (joined.empty() ? "" : ",") + item.as<std::string>();
        found.push_back({prefix, joined, where});
    } else if (node.IsScalar()) {
        found.push_back({prefix, node.as<std::string>(), where});
    }
}

void read_yaml(const std::string& path, std::vector<Origin>& found, Faults& faults) {
    try {
        flatten(YAML::LoadFile(path), "", path, found, 0);
    } catch (const YAML::Exception& exception) {
        faults.lines.push_back(fmt::format("{}: {}", path, exception.what()));
    }
}

void read_environment(const KeyValues& environment, std::vector<Origin>& found) {
    for (const auto& [name, value] : environment) {
        if (!name.starts_with(kEnvironmentPrefix)) continue;
        std::string key = name.substr(kEnvironmentPrefix.size());
        std::ranges::transform(key, key.begin(), [](char c) {
            if (c == '_') return '.';
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        });
        found.push_back({key, value, name});
    }
}

void take(const Origin& origin, const KeyValues& environment, Overrides& set, Faults& faults) {
    const auto* setting = find_broker_setting(origin.key);
    if (setting == nullptr) {
        const auto nearest = nearest_name(origin.key, broker_settings());
        const auto hint = nearest ? fmt::format("; did you mean {}?", *nearest) : std::string{};
        faults.lines.push_back(fmt::format("{}: unknown setting {}{}", origin.where, origin.key, hint));
        return;
    }
    const auto expanded = expand_placeholders(origin.value, environment);
    auto value = expanded ? canonical_value(*setting, *expanded)
                          : fail(expanded.error().code, origin.key + '=' + expanded.error().context);
    if (!value) {
        faults.lines.push_back(fmt::format("{}: {}", origin.where, value.error().context));
        return;
    }
    set[origin.key] = *std::move(value);
}

void take_node_id(const std::string& host_name, Overrides& set, Faults& faults) {
    const auto asked = set.find("moldau.node.id.from.hostname");
    if (asked == set.end() || asked->second != "true") return;
    if (set.contains("node.id")) {
        return faults.lines.push_back("node.id and moldau.node.id.from.hostname are both set: leave one out");
    }
    auto ordinal = ordinal_of(host_name);
    if (!ordinal) return faults.lines.push_back("moldau.node.id.from.hostname: " + ordinal.error().context);
    set["node.id"] = *std::move(ordinal);
}

}  // namespace

std::expected<Values, Faults> load(const Inputs& inputs) {
    Faults faults;
    std::vector<Origin> found;
    if (inputs.file) {
        const bool properties = inputs.file->ends_with(".properties");
        properties ? read_properties(*inputs.file, found, faults) : read_yaml(*inputs.file, found, faults);
    }
    read_environment(inputs.environment, found);
    for (const auto& [key, value] : inputs.options) found.push_back({key, value, "-o"});

    Overrides set;
    for (const auto& origin : found) take(origin, inputs.environment, set, faults);
    take_node_id(inputs.host_name, set, faults);
    Values values{std::move(set)};
    if (faults.lines.empty()) faults.lines = broker_contradictions(values);
    if (!faults.lines.empty()) return std::unexpected(std::move(faults));
    return values;
}

}  // namespace moldau::settings
