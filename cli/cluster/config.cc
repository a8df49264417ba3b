// `moldau config list`, `get`, `set` and `delete`: the settings of one topic, one broker, or all brokers.

#include <algorithm>

#include "cli/cluster/commands.h"
#include "cli/frame/admin_call.h"
#include "cli/frame/print.h"
#include "cli/frame/table.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

void print_json(const Resource& resource, const SettingEntry& entry) {
    wire::JsonWriter json;
    json.begin_object();
    json.member(resource.kind == ResourceKind::kTopic ? "topic" : "broker", resource.name);
    json.member("name", entry.name);
    json.member("value", entry.value);
    json.member("source", std::string_view{source_name(entry.config_source)});
    json.member("type", std::string_view{type_name(entry.config_type)});
    json.member("readOnly", entry.read_only);
    json.member("sensitive", entry.is_sensitive);
    json.member("documentation", entry.documentation);
    json.key("synonyms");
    json.begin_array();
    for (const auto& synonym : entry.synonyms) {
        json.begin_object();
        json.member("name", synonym.name);
        json.member("value", synonym.value);
        json.member("source", std::string_view{source_name(synonym.source)});
        json.end_object();
    }
    json.end_array();
    json.end_object();
    print(json.take() + "\n");
}

std::string value_text(const SettingEntry& entry) {
    return entry.is_sensitive ? "(hidden)" : entry.value.value_or("(none)");
}

Result<void> change(const Global& global, const SettingsChange& wanted, ChangeMode mode) {
    MOLDAU_TRY_ASSIGN(client, WireClient::connect(global));
    Failures failures;
    MOLDAU_TRY_ASSIGN(refusals, change_settings(client, {wanted}, mode));
    for (auto& refusal : refusals) failures.add(std::move(refusal));
    MOLDAU_TRY(failures.result());
    const bool is_done = mode == ChangeMode::kApply;
    if (global.output == Output::kText) {
        print((is_done ? "changed the settings of " : "can change the settings of ") + wanted.resource.text() + "\n");
        return {};
    }
    wire::JsonWriter json;
    json.begin_object();
    json.member(wanted.resource.kind == ResourceKind::kTopic ? "topic" : "broker", wanted.resource.name);
    json.member("changed", is_done);
    json.end_object();
    print(json.take() + "\n");
    return {};
}

}  // namespace

Result<void> run(const Global& global, const ConfigList& options) {
    MOLDAU_TRY_ASSIGN(client, WireClient::connect(global));
    MOLDAU_TRY_ASSIGN(entries, describe_settings(client, options.resource, {}));
    if (options.defaults == Defaults::kHide) {
        std::erase_if(entries, [](const SettingEntry& entry) { return entry.config_source == kDefaultSource; });
    }
    if (global.output == Output::kJson) {
        for (const auto& entry : entries) print_json(options.resource, entry);
        return {};
    }
    Table table{{"NAME", "VALUE", "SOURCE"}};
    for (const auto& entry : entries) table.add_row({entry.name, value_text(entry), source_name(entry.config_source)});
    print(table.text());
    return {};
}

Result<void> run(const Global& global, const ConfigGet& options) {
    MOLDAU_TRY_ASSIGN(client, WireClient::connect(global));
    MOLDAU_TRY_ASSIGN(entries, describe_settings(client, options.resource, options.keys));
    Failures failures;
    for (const auto& key : options.keys) {
        const auto found = std::ranges::find(entries, key, &SettingEntry::name);
        if (found == entries.end()) {
            failures.add({Errc::kInvalidConfig,
                          options.resource.text() + " has no setting " + key + ": see moldau config list --all"});
        } else if (global.output == Output::kJson) {
            print_json(options.resource, *found);
        } else {
            print(found->name + "=" + value_text(*found) + "\n");
        }
    }
    return failures.result();
}

Result<void> run(const Global& global, const ConfigSet& options) {
    return change(global, {options.resource, options.settings, {}}, options.mode);
}

Result<void> run(const Global& global, const ConfigDelete& options) {
    return change(global, {options.resource, {}, options.keys}, options.mode);
}

}  // namespace moldau::cli
