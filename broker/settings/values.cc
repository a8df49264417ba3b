// Values in force: reading them with their types, and the chain from topic override to default.

#include "settings/values.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace moldau::settings {
namespace {

std::optional<std::string> default_of(const Setting& setting) {
    if (setting.default_value == nullptr) return std::nullopt;
    return std::string(setting.default_value);
}

const Setting& row_of(std::string_view name) {
    const auto* setting = find_broker_setting(name);
    CHECK(setting != nullptr);
    return *setting;
}

std::string in_topic_units(const std::string& value, std::int64_t factor) {
    if (factor == 1) return value;
    const auto number = to_int(value);
    return std::to_string(number < 0 ? number : number * factor);
}

}  // namespace

Values Values::with_dynamic(Overrides cluster, Overrides broker) const {
    Values values = *this;
    values.cluster_ = std::move(cluster);
    values.broker_ = std::move(broker);
    return values;
}

const Overrides& Values::all_by(Source source) const {
    if (source == Source::kBroker) return broker_;
    if (source == Source::kClusterDefault) return cluster_;
    CHECK(source == Source::kStaticBroker);
    return set_;
}

const std::string* Values::set_by(Source source, std::string_view name) const {
    const auto& from = all_by(source);
    const auto found = from.find(name);
    return found == from.end() ? nullptr : &found->second;
}

bool Values::is_set(std::string_view name) const {
    return std::ranges::any_of(kBrokerSources, [&](Source source) { return all_by(source).contains(name); });
}

std::optional<std::string> Values::text(std::string_view name) const {
    const auto& setting = row_of(name);
    for (const auto source : kBrokerSources) {
        if (const auto* value = set_by(source, name)) return *value;
    }
    return default_of(setting);
}

std::int64_t Values::integer(std::string_view name) const { return to_int(text(name).value_or("0")); }
bool Values::boolean(std::string_view name) const { return to_bool(text(name).value_or("false")); }
std::vector<std::string> Values::list(std::string_view name) const { return to_list(text(name).value_or("")); }

std::vector<std::string> Values::log_dirs() const {
    auto dirs = list("log.dirs");
    return dirs.empty() ? list("log.dir") : dirs;
}

namespace {

// Kafka's order: everything of one source before the next source, in each the names in their order.
void add_broker_synonyms(std::span<const Setting::Synonym> names, const Values& broker,
                         std::vector<Effective::Synonym>& chain) {
    for (const auto source : kBrokerSources) {
        for (const auto& name : names) {
            const auto* value = broker.set_by(source, name.name);
            if (value != nullptr) chain.push_back({std::string(name.name), in_topic_units(*value, name.factor), source});
        }
    }
}

Effective first_of(std::vector<Effective::Synonym> chain) {
    Effective effective;
    effective.value = chain.front().value;
    effective.source = chain.front().source;
    effective.synonyms = std::move(chain);
    return effective;
}

std::unexpected<Error> unknown(std::string_view name, std::string_view kind, std::span<const Setting> table) {
    const auto nearest = nearest_name(name, table);
    const auto hint = nearest ? fmt::format("; did you mean {}?", *nearest) : std::string{};
    return fail(Errc::kInvalidConfig, fmt::format("{}: no such {} setting{}", name, kind, hint));
}

}  // namespace

Effective effective_topic_value(const Setting& setting, const TopicOverrides& overrides, const Values& broker) {
    std::vector<Effective::Synonym> chain;
    if (const auto found = overrides.find(setting.name); found != overrides.end()) {
        chain.push_back({found->first, found->second, Source::kTopic});
    }
    add_broker_synonyms(setting.synonyms, broker, chain);
    const auto default_name = setting.synonyms.empty() ? setting.name : setting.synonyms.back().name;
    chain.push_back({std::string(default_name), default_of(setting), Source::kDefault});
    return first_of(std::move(chain));
}

Effective effective_broker_value(const Setting& setting, const Values& broker) {
    std::vector<Effective::Synonym> chain;
    const Setting::Synonym itself{setting.name};
    add_broker_synonyms({&itself, 1}, broker, chain);
    chain.push_back({std::string(setting.name), default_of(setting), Source::kDefault});
    return first_of(std::move(chain));
}

Result<std::string> check_topic_value(std::string_view name, std::string_view value) {
    const auto* setting = find_topic_setting(name);
    if (setting == nullptr) return unknown(name, "topic", topic_settings());
    return canonical_value(*setting, value);
}

Result<std::string> check_broker_value(std::string_view name, std::string_view value) {
    const auto* setting = find_broker_setting(name);
    if (setting == nullptr) return unknown(name, "broker", broker_settings());
    return canonical_value(*setting, value);
}

}  // namespace moldau::settings
