// Values in force: reading them with their types, and the chain from topic override to default.

#include "settings/values.h"

#include <fmt/format.h>

#include "base/check.h"

namespace moldau::settings {
namespace {

std::optional<std::string> default_of(const Setting& setting) {
    if (setting.default_value == nullptr) return std::nullopt;
    return std::string(setting.default_value);
}

std::string in_topic_units(const std::string& value, std::int64_t factor) {
    if (factor == 1) return value;
    const auto number = to_int(value);
    return std::to_string(number < 0 ? number : number * factor);
}

}  // namespace

std::optional<std::string> Values::text(std::string_view name) const {
    const auto* setting = find_broker_setting(name);
    CHECK(setting != nullptr);
    const auto found = set_.find(name);
    return found == set_.end() ? default_of(*setting) : std::optional(found->second);
}

std::int64_t Values::integer(std::string_view name) const { return to_int(text(name).value_or("0")); }
bool Values::boolean(std::string_view name) const { return to_bool(text(name).value_or("false")); }
std::vector<std::string> Values::list(std::string_view name) const { return to_list(text(name).value_or("")); }

std::vector<std::string> Values::log_dirs() const {
    auto dirs = list("log.dirs");
    return dirs.empty() ? list("log.dir") : dirs;
}

Effective effective_topic_value(const Setting& setting, const TopicOverrides& overrides, const Values& broker) {
    Effective effective;
    auto& chain = effective.synonyms;
    if (const auto found = overrides.find(std::string(setting.name)); found != overrides.end()) {
        chain.push_back({found->first, found->second, Source::kTopic});
    }
    for (const auto& synonym : setting.synonyms) {
        if (!broker.is_set(synonym.name)) continue;
        const auto value = broker.text(synonym.name);
        if (value)
            chain.push_back({std::string(synonym.name), in_topic_units(*value, synonym.factor), Source::kStaticBroker});
    }
    const auto default_name = setting.synonyms.empty() ? setting.name : setting.synonyms.back().name;
    chain.push_back({std::string(default_name), default_of(setting), Source::kDefault});
    effective.value = chain.front().value;
    effective.source = chain.front().source;
    return effective;
}

Effective effective_broker_value(const Setting& setting, const Values& broker) {
    Effective effective;
    auto& chain = effective.synonyms;
    if (broker.is_set(setting.name))
        chain.push_back({std::string(setting.name), broker.text(setting.name), Source::kStaticBroker});
    chain.push_back({std::string(setting.name), default_of(setting), Source::kDefault});
    effective.value = chain.front().value;
    effective.source = chain.front().source;
    return effective;
}

Result<void> check_topic_setting(std::string_view name, std::string_view value) {
    const auto* setting = find_topic_setting(name);
    if (setting == nullptr) {
        const auto nearest = nearest_name(name, topic_settings());
        const auto hint = nearest ? fmt::format("; did you mean {}?", *nearest) : std::string{};
        return fail(Errc::kInvalidConfig, fmt::format("{}: no such topic setting{}", name, hint));
    }
    auto canonical = canonical_value(*setting, value);
    if (!canonical) return fail(std::move(canonical).error());
    return {};
}

}  // namespace moldau::settings
