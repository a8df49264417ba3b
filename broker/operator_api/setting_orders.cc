// From the table of settings, and by AlterConfigs.

#include "operator_api/setting_orders.h"

#include <algorithm>

#include "operator_api/config_changes.h"
#include "settings/values.h"

namespace moldau::operator_api {
namespace {

using settings::Source;

pb::Setting::Source source_of(Source source) {
    switch (source) {
        case Source::kBroker:
            return pb::Setting::SOURCE_BROKER;
        case Source::kClusterDefault:
            return pb::Setting::SOURCE_CLUSTER_WIDE;
        case Source::kStaticBroker:
            return pb::Setting::SOURCE_STATIC;
        case Source::kTopic:
        case Source::kDefault:
            return pb::Setting::SOURCE_DEFAULT;
    }
    return pb::Setting::SOURCE_DEFAULT;
}

pb::Setting::Update update_of(settings::Update update) {
    switch (update) {
        case settings::Update::kReadOnly:
            return pb::Setting::UPDATE_STATIC;
        case settings::Update::kPerBroker:
            return pb::Setting::UPDATE_PER_BROKER;
        case settings::Update::kClusterWide:
            return pb::Setting::UPDATE_CLUSTER_WIDE;
    }
    return pb::Setting::UPDATE_STATIC;
}

void fill(pb::Setting& to, const settings::Setting& setting, const settings::Values& values) {
    const auto effective = settings::effective_broker_value(setting, values);
    to.set_name(std::string(setting.name));
    if (effective.value) to.set_value(*effective.value);
    to.set_source(source_of(effective.source));
    if (setting.default_value != nullptr) to.set_default_value(setting.default_value);
    if (const auto* value = values.set_by(Source::kStaticBroker, setting.name)) to.set_static_value(*value);
    if (const auto* value = values.set_by(Source::kClusterDefault, setting.name)) to.set_cluster_value(*value);
    if (const auto* value = values.set_by(Source::kBroker, setting.name)) to.set_broker_value(*value);
    to.set_update(update_of(setting.update));
    to.set_type(std::string(settings::type_name(setting.type)));
    to.set_allowed(settings::allowed_text(setting));
    to.set_documentation(std::string(setting.text));
}

// What of an order became of one of its changes.
pb::Outcome outcome_for(const ConfigsDone& done, const pb::ConfigChange& change, pb::BadConfigs bad_configs) {
    for (const auto& [name, outcome] : done.refused) {
        if (name == change.name()) return outcome;
    }
    if (done.refused.empty() || bad_configs == pb::BAD_CONFIGS_LEAVE_OUT) return done.whole;
    return outcome_of(Error{Errc::kOperationNotAttempted, "another setting of the order was refused"});
}

}  // namespace

Result<pb::DescribeSettingsResponse> describe_settings(const handlers::Shard& home, const Call& call) {
    MOLDAU_TRY(call.may_on_cluster(security::Operation::kDescribeConfigs));
    pb::DescribeSettingsResponse response;
    std::vector<const settings::Setting*> rows;
    for (const auto& setting : settings::broker_settings()) rows.push_back(&setting);
    std::ranges::sort(rows, {}, &settings::Setting::name);
    for (const auto* setting : rows) fill(*response.add_settings(), *setting, *home.values());
    return response;
}

Task<Result<pb::AlterSettingsResponse>> alter_settings(handlers::Shard& home, Call& call,
                                                       const pb::AlterSettingsRequest& request) {
    MOLDAU_CO_TRY(call.may_on_cluster(security::Operation::kAlterConfigs));
    MOLDAU_CO_TRY(check_expected(request.expected(), *home.image));
    MOLDAU_CO_TRY(check_batch(request.changes_size()));
    const metadata::ConfigResource resource{metadata::ConfigResourceType::kBroker,
                                            request.has_broker_id() ? std::to_string(request.broker_id()) : ""};
    const auto execution = request.validate_only() ? metadata::Execution::kValidateOnly : metadata::Execution::kReal;
    const auto done = co_await change_configs(home, call, {resource, request.changes(), request.bad_configs(), execution});
    pb::AlterSettingsResponse response;
    for (const auto& change : request.changes()) {
        auto& result = *response.add_results();
        result.set_name(change.name());
        *result.mutable_outcome() = outcome_for(done, change, request.bad_configs());
    }
    co_return response;
}

}  // namespace moldau::operator_api
