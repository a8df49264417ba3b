// Settings of spec.config that the running brokers take at once.

#include <fmt/format.h>

#include <algorithm>

#include "operator/decide/steps.h"
#include "operator/decide/topic_orders.h"

namespace moldau::decide {
namespace {

using api::Row;
using broker_api::ConfigChange;

// All differences between what is set for all brokers and what is wanted. What was set for single brokers is not touched.
std::vector<ConfigChange> differences(const broker_api::Settings& actual, const api::Texts& wanted) {
    std::vector<ConfigChange> changes;
    for (const auto& [name, value] : wanted) {
        const auto found = std::ranges::find(actual.settings, name, &broker_api::Setting::name);
        const bool same =
            found != actual.settings.end() && found->cluster_value && same_config_value(*found->cluster_value, value);
        if (!same) changes.push_back({.name = name, .value = value});
    }
    for (const auto& setting : actual.settings) {
        if (setting.cluster_value && !wanted.contains(setting.name)) changes.push_back({.name = setting.name});
    }
    return changes;
}

const Refusal* refusal_of(const Draft& draft, const ConfigChange& change) {
    const auto found = draft.snapshot().refusals.find(setting_key(change.name));
    const bool same = found != draft.snapshot().refusals.end() && found->second.fingerprint == change_fingerprint(change);
    return same ? &found->second : nullptr;
}

// Takes out what the broker refuses, and says so.
void leave_out_refused(Draft& draft, std::vector<ConfigChange>& changes) {
    std::erase_if(changes, [&](const ConfigChange& change) {
        const auto* refusal = refusal_of(draft, change);
        if (refusal == nullptr) return false;
        draft.find(Row::kConfigRejected, fmt::format("{}: {}", change.name, refusal->message));
        if (refusal->retry_at <= draft.now()) return false;
        draft.requeue(refusal->retry_at - draft.now());
        return true;
    });
}

std::string names_of(const std::vector<ConfigChange>& changes) {
    std::string text;
    for (const auto& change : changes) add_sentence(text, change.name);
    return text;
}

}  // namespace

void apply_settings(Draft& draft, const specs::Settings& settings) {
    for (const auto& rejected : settings.rejected) {
        draft.find(Row::kConfigRejected, fmt::format("{}: {}", rejected.name, rejected.why));
    }
    const auto& broker = draft.snapshot().broker;
    const bool current = broker.state && broker.settings && broker.settings->epoch == broker.state->settings_epoch;
    if (!current) return draft.find(Row::kConfigPending);
    draft.find(Row::kConfigApplied);
    auto changes = differences(*broker.settings, settings.changeable);
    leave_out_refused(draft, changes);
    if (changes.empty()) return;
    draft.find(Row::kConfigChanging, names_of(changes));
    const auto text = names_of(changes);
    broker_api::AlterSettings order{
        .expected = {.cluster_id = broker.state->cluster_id, .metadata_epoch = broker.state->metadata_epoch},
        .expected_epoch = broker.settings->epoch,
        .changes = std::move(changes),
        .bad_configs = broker_api::BadConfigs::kLeaveOut};
    if (draft.order(AlterSettings{std::move(order)})) draft.tell(api::EventRow::kEventConfigChanged, text);
}

}  // namespace moldau::decide
