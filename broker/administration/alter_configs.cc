// Both forms of the request become changes of one resource each.

#include "administration/alter_configs.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "handlers/shard.h"
#include "metadata/service.h"
#include "settings/changes.h"

namespace moldau::administration {
namespace {

using metadata::ConfigMap;
using metadata::ConfigResource;
using metadata::ConfigResourceType;
using security::Operation;
using settings::Change;

// One resource of a request.
struct Alteration {
    ConfigResource resource;
    std::vector<Change> changes;
    enum class Rest : std::uint8_t { kStays, kGoes } rest = Rest::kStays;  // of what is set and not named
    metadata::Execution execution = metadata::Execution::kReal;
};

Result<void> authorize(const RequestContext& context, const ConfigResource& resource) {
    switch (resource.type) {
        case ConfigResourceType::kTopic:
            if (context.may_on_topic(Operation::kAlterConfigs, resource.name)) return {};
            return fail(Errc::kTopicAuthorizationFailed);
        case ConfigResourceType::kBroker:
            if (context.may_on_cluster(Operation::kAlterConfigs)) return {};
            return fail(Errc::kClusterAuthorizationFailed);
        default:
            return fail(Errc::kInvalidRequest, "this version has settings of topics and brokers only");
    }
}

settings::Level level_of(const ConfigResource& resource) {
    if (resource.type == ConfigResourceType::kTopic) return settings::Level::kTopic;
    return resource.name.empty() ? settings::Level::kClusterDefault : settings::Level::kBroker;
}

// Called on the metadata's core with the newest overrides.
Result<ConfigMap> edit(const Alteration& alteration, const settings::Values& broker, const ConfigMap& before) {
    auto changes = alteration.changes;
    if (alteration.rest == Alteration::Rest::kGoes) {
        for (const auto& [name, value] : before) {
            const bool named = std::ranges::find(alteration.changes, name, &Change::name) != alteration.changes.end();
            if (!named) changes.push_back({name, settings::Operation::kDelete});
        }
    }
    return settings::apply_changes(before, changes, {level_of(alteration.resource), broker});
}

Task<Result<void>> alter(Shard& shard, Alteration alteration) {
    auto& home = shard.node.metadata_shard();
    co_return co_await on_shard(shard, home, [&home, &alteration] {
        return home.node.metadata->alter_configs(
            alteration.resource,
            [&home, &alteration](const ConfigMap& before) { return edit(alteration, *home.values(), before); },
            alteration.execution);
    });
}

// What is common to the two requests: their resources differ in the form of a change only.
template <class Response, class Request, class ToChange>
Task<Response> alter_all(Shard& shard, RequestContext& context, Request request, ToChange to_change) {
    Response response;
    std::set<ConfigResource> seen;
    std::set<ConfigResource> twice;
    const auto named = [](const auto& asked) {
        return ConfigResource{static_cast<ConfigResourceType>(asked.resource_type), asked.resource_name};
    };
    for (const auto& asked : request.resources) {
        if (!seen.insert(named(asked)).second) twice.insert(named(asked));
    }
    for (const auto& asked : request.resources) {
        Alteration alteration{.resource = named(asked)};
        for (const auto& config : asked.configs) alteration.changes.push_back(to_change(config));
        if constexpr (Request::kApiKey == wire::AlterConfigsRequest::kApiKey) alteration.rest = Alteration::Rest::kGoes;
        if (request.validate_only) alteration.execution = metadata::Execution::kValidateOnly;
        auto& answer = response.responses.emplace_back();
        answer.resource_type = asked.resource_type;
        answer.resource_name = asked.resource_name;
        auto altered = authorize(context, alteration.resource);
        if (twice.contains(alteration.resource)) altered = fail(Errc::kInvalidRequest, "the resource is named twice");
        if (altered) altered = co_await alter(shard, std::move(alteration));
        if (altered) continue;
        const auto& error = altered.error();
        answer.error_code = kafka_code(error.code);
        answer.error_message = error.context.empty() ? std::string(errc_text(error.code)) : error.context;
    }
    co_return response;
}

}  // namespace

Task<wire::AlterConfigsResponse> handle_alter_configs(Shard& shard, RequestContext& context,
                                                      wire::AlterConfigsRequest request) {
    return alter_all<wire::AlterConfigsResponse>(shard, context, std::move(request), [](const auto& config) {
        return Change{config.name, settings::Operation::kSet, config.value};
    });
}

Task<wire::IncrementalAlterConfigsResponse> handle_incremental_alter_configs(Shard& shard, RequestContext& context,
                                                                             wire::IncrementalAlterConfigsRequest request) {
    return alter_all<wire::IncrementalAlterConfigsResponse>(shard, context, std::move(request), [](const auto& config) {
        return Change{config.name, static_cast<settings::Operation>(config.config_operation), config.value};
    });
}

}  // namespace moldau::administration
