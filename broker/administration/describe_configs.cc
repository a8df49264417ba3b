// DescribeConfigs, from the tables of settings.

#include "administration/describe_configs.h"

#include <algorithm>

#include "handlers/shard.h"
#include "handlers/topic_settings.h"

namespace moldau::administration {
namespace {

using wire::DescribeConfigsRequest;
using wire::DescribeConfigsResponse;
using Asked = DescribeConfigsRequest::DescribeConfigsResource;
using Answer = DescribeConfigsResponse::DescribeConfigsResult;
using metadata::ConfigResourceType;
using security::Operation;

bool is_wanted(const Asked& asked, std::string_view name) {
    const auto& keys = asked.configuration_keys;
    return !keys || keys->empty() || std::ranges::find(*keys, name) != keys->end();
}

enum class ReadOnly : bool { kNo, kYes };

void add_row(const DescribeConfigsRequest& request, const settings::Setting& setting, settings::Effective effective,
             ReadOnly read_only, Answer& answer) {
    auto& row = answer.configs.emplace_back();
    row.name = setting.name;
    row.value = std::move(effective.value);
    row.read_only = read_only == ReadOnly::kYes;
    row.config_source = static_cast<std::int8_t>(effective.source);
    row.config_type = static_cast<std::int8_t>(setting.type);
    if (request.include_documentation) row.documentation = std::string(setting.text);
    if (!request.include_synonyms) return;
    for (auto& synonym : effective.synonyms) {
        if (!synonym.value) continue;
        auto& line = row.synonyms.emplace_back();
        line.name = std::move(synonym.name);
        line.value = std::move(synonym.value);
        line.source = static_cast<std::int8_t>(synonym.source);
    }
}

std::optional<Error> describe_topic(const Shard& shard, const DescribeConfigsRequest& request, const Asked& asked,
                                    Answer& answer) {
    if (auto valid = metadata::validate_topic_name(asked.resource_name); !valid) return std::move(valid).error();
    const auto* topic = shard.image->find_topic(asked.resource_name);
    if (topic == nullptr) return Error{Errc::kUnknownTopicOrPartition, {}};
    const auto overrides = handlers::usable_overrides(topic->configs);
    for (const auto& setting : settings::topic_settings()) {
        if (!is_wanted(asked, setting.name)) continue;
        auto effective = setting.name == "moldau.durability"
                             ? handlers::effective_durability(overrides, *shard.values())
                             : settings::effective_topic_value(setting, overrides, *shard.values());
        add_row(request, setting, std::move(effective), ReadOnly::kNo, answer);
    }
    return std::nullopt;
}

// Only what was set for all brokers: what is in force differs from one to the next.
void describe_everybody(const Shard& shard, const DescribeConfigsRequest& request, const Asked& asked, Answer& answer) {
    for (const auto& [name, value] : shard.values()->all_by(settings::Source::kClusterDefault)) {
        if (!is_wanted(asked, name)) continue;
        settings::Effective effective{value, settings::Source::kClusterDefault, {}};
        effective.synonyms.push_back({name, value, settings::Source::kClusterDefault});
        add_row(request, *settings::find_broker_setting(name), std::move(effective), ReadOnly::kNo, answer);
    }
}

std::optional<Error> describe_broker(const Shard& shard, const DescribeConfigsRequest& request, const Asked& asked,
                                     Answer& answer) {
    if (asked.resource_name.empty()) {
        describe_everybody(shard, request, asked, answer);
        return std::nullopt;
    }
    if (asked.resource_name != std::to_string(shard.node.id.value)) {
        return Error{Errc::kInvalidRequest,
                     "this is broker " + std::to_string(shard.node.id.value) + ", not " + asked.resource_name};
    }
    for (const auto& setting : settings::broker_settings()) {
        if (!is_wanted(asked, setting.name)) continue;
        const auto read_only = setting.update == settings::Update::kReadOnly ? ReadOnly::kYes : ReadOnly::kNo;
        add_row(request, setting, settings::effective_broker_value(setting, *shard.values()), read_only, answer);
    }
    return std::nullopt;
}

std::optional<Error> describe(const Shard& shard, const RequestContext& context, const DescribeConfigsRequest& request,
                              const Asked& asked, Answer& answer) {
    switch (static_cast<ConfigResourceType>(asked.resource_type)) {
        case ConfigResourceType::kTopic:
            if (!context.may_on_topic(Operation::kDescribeConfigs, asked.resource_name)) {
                return Error{Errc::kTopicAuthorizationFailed, {}};
            }
            return describe_topic(shard, request, asked, answer);
        case ConfigResourceType::kBroker:
            if (!context.may_on_cluster(Operation::kDescribeConfigs)) return Error{Errc::kClusterAuthorizationFailed, {}};
            return describe_broker(shard, request, asked, answer);
        default:
            return Error{Errc::kInvalidRequest, "this version has settings of topics and brokers only"};
    }
}

}  // namespace

Task<DescribeConfigsResponse> handle_describe_configs(Shard& shard, RequestContext& context,
                                                      DescribeConfigsRequest request) {
    DescribeConfigsResponse response;
    for (const auto& asked : request.resources) {
        auto& answer = response.results.emplace_back();
        answer.resource_type = asked.resource_type;
        answer.resource_name = asked.resource_name;
        const auto error = describe(shard, context, request, asked, answer);
        if (!error) continue;
        answer.error_code = kafka_code(error->code);
        answer.error_message = error->context.empty() ? std::string(errc_text(error->code)) : error->context;
    }
    co_return response;
}

}  // namespace moldau::administration
