// The order as a whole first; value by value only when that is refused.

#include "operator_api/config_changes.h"

#include "administration/alter_configs.h"
#include "settings/changes.h"

namespace moldau::operator_api {
namespace {

using Chosen = std::vector<const pb::ConfigChange*>;

Task<pb::Outcome> alter(handlers::Shard& home, Call& call, const ConfigOrder& order, Chosen changes) {
    wire::IncrementalAlterConfigsRequest request;
    request.validate_only = order.execution == metadata::Execution::kValidateOnly;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = static_cast<std::int8_t>(order.resource.type);
    resource.resource_name = order.resource.name;
    for (const auto* change : changes) {
        auto& config = resource.configs.emplace_back();
        config.name = change->name();
        config.config_operation =
            static_cast<std::int8_t>(change->has_value() ? settings::Operation::kSet : settings::Operation::kDelete);
        if (change->has_value()) config.value = change->value();
    }
    const auto answer = co_await administration::handle_incremental_alter_configs(home, call.context, std::move(request));
    const auto& done = answer.responses.front();
    co_return outcome_of(done.error_code, done.error_message.value_or(""));
}

bool is_about_values(const pb::Outcome& outcome) {
    return outcome.code() == kafka_code(Errc::kInvalidConfig) || outcome.code() == kafka_code(Errc::kInvalidRequest);
}

}  // namespace

Task<ConfigsDone> change_configs(handlers::Shard& home, Call& call, ConfigOrder order) {
    Chosen all;
    for (const auto& change : order.changes) all.push_back(&change);
    ConfigsDone done;
    if (all.empty()) co_return done;
    done.whole = co_await alter(home, call, order, all);
    if (!is_about_values(done.whole)) co_return done;

    ConfigOrder trial = order;
    trial.execution = metadata::Execution::kValidateOnly;
    Chosen good;
    for (const auto* change : all) {
        auto alone = co_await alter(home, call, trial, {change});
        if (alone.code() == 0)
            good.push_back(change);
        else
            done.refused.emplace_back(change->name(), std::move(alone));
    }
    // None is bad by itself: they contradict each other, or the order does.
    if (done.refused.empty() || order.bad_configs != pb::BAD_CONFIGS_LEAVE_OUT) co_return done;
    done.whole = good.empty() ? pb::Outcome{} : co_await alter(home, call, order, good);
    co_return done;
}

}  // namespace moldau::operator_api
