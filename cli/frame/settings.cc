// IncrementalAlterConfigs and DescribeConfigs.

#include "cli/frame/settings.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "wire/incremental_alter_configs.h"

namespace moldau::cli {
namespace {

using Request = wire::IncrementalAlterConfigsRequest;

constexpr std::int8_t kSet = 0;
constexpr std::int8_t kDelete = 1;

template <std::size_t count>
const char* name_in(const std::array<const char*, count>& names, std::int8_t number) {
    return number >= 0 && static_cast<std::size_t>(number) < count ? names[static_cast<std::size_t>(number)] : "UNKNOWN";
}

// The broker that a resource belongs to; any one for all else.
Result<BrokerLink*> link_for(WireClient& client, const Resource& resource) {
    if (resource.kind != ResourceKind::kBroker || resource.name.empty()) return &client.any();
    std::int32_t id = 0;
    const auto* end = resource.name.data() + resource.name.size();
    const auto parsed = std::from_chars(resource.name.data(), end, id);
    if (parsed.ec != std::errc{} || parsed.ptr != end) {
        return fail(Errc::kUsage, "'" + resource.name + "' is no broker: give its number, or default for all brokers");
    }
    return client.broker(id);
}

Request::AlterConfigsResource to_wire(const SettingsChange& change) {
    Request::AlterConfigsResource made;
    made.resource_type = static_cast<std::int8_t>(change.resource.kind);
    made.resource_name = change.resource.name;
    const auto add = [&](const std::string& name, std::int8_t operation, std::optional<std::string> value) {
        Request::AlterableConfig config;
        config.name = name;
        config.config_operation = operation;
        config.value = std::move(value);
        made.configs.push_back(std::move(config));
    };
    for (const auto& [key, value] : change.set) add(key, kSet, value);
    for (const auto& key : change.remove) add(key, kDelete, std::nullopt);
    return made;
}

}  // namespace

std::string Resource::text() const {
    if (kind == ResourceKind::kTopic) return "topic " + name;
    return name.empty() ? "all brokers" : "broker " + name;
}

Result<std::vector<Error>> change_settings(WireClient& client, const std::vector<SettingsChange>& changes, ChangeMode mode) {
    std::vector<Error> failures;
    if (changes.empty()) return failures;
    MOLDAU_TRY_ASSIGN(link, link_for(client, changes.front().resource));
    Request request;
    std::ranges::transform(changes, std::back_inserter(request.resources), to_wire);
    request.validate_only = mode == ChangeMode::kValidate;
    MOLDAU_TRY_ASSIGN(answer, link->call<wire::IncrementalAlterConfigsResponse>(request));
    for (const auto& one : answer.responses) {
        if (one.error_code == 0) continue;
        const Resource resource{static_cast<ResourceKind>(one.resource_type), one.resource_name};
        if (static_cast<Errc>(one.error_code) == Errc::kUnknownTopicOrPartition) {
            failures.push_back(
                {Errc::kUnknownTopicOrPartition, "there is no " + resource.text() + ": see moldau topic list"});
        } else {
            failures.push_back(
                refused("cannot change the settings of " + resource.text(), one.error_code, one.error_message));
        }
    }
    return failures;
}

Result<std::vector<SettingEntry>> describe_settings(WireClient& client, const Resource& resource,
                                                    const std::vector<std::string>& keys) {
    MOLDAU_TRY_ASSIGN(link, link_for(client, resource));
    wire::DescribeConfigsRequest request;
    auto& asked = request.resources.emplace_back();
    asked.resource_type = static_cast<std::int8_t>(resource.kind);
    asked.resource_name = resource.name;
    asked.configuration_keys.reset();
    if (!keys.empty()) asked.configuration_keys = keys;
    request.include_synonyms = true;
    request.include_documentation = true;
    MOLDAU_TRY_ASSIGN(answer, link->call<wire::DescribeConfigsResponse>(request));
    const std::string what = "cannot read the settings of " + resource.text();
    if (answer.results.size() != 1) return fail(Errc::kUnknownServerError, what + ": the broker did not answer for it");
    auto& result = answer.results.front();
    if (static_cast<Errc>(result.error_code) == Errc::kUnknownTopicOrPartition) {
        return fail(Errc::kUnknownTopicOrPartition, "there is no " + resource.text() + ": see moldau topic list");
    }
    if (result.error_code != 0) return fail(refused(what, result.error_code, result.error_message));
    std::ranges::sort(result.configs, {}, &SettingEntry::name);
    return std::move(result.configs);
}

const char* source_name(std::int8_t source) {
    static constexpr std::array kNames{"UNKNOWN",
                                       "DYNAMIC_TOPIC_CONFIG",
                                       "DYNAMIC_BROKER_CONFIG",
                                       "DYNAMIC_DEFAULT_BROKER_CONFIG",
                                       "STATIC_BROKER_CONFIG",
                                       "DEFAULT_CONFIG",
                                       "DYNAMIC_BROKER_LOGGER_CONFIG",
                                       "CLIENT_METRICS_CONFIG",
                                       "GROUP_CONFIG"};
    return name_in(kNames, source);
}

const char* type_name(std::int8_t type) {
    static constexpr std::array kNames{"UNKNOWN", "BOOLEAN", "STRING", "INT",   "SHORT",
                                       "LONG",    "DOUBLE",  "LIST",   "CLASS", "PASSWORD"};
    return name_in(kNames, type);
}

}  // namespace moldau::cli
