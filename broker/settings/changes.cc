// Changes of settings, checked one by one and then as a whole.

#include "settings/changes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/check.h"

namespace moldau::settings {
namespace {

// In all of this, which must be refused as a whole if anything is wrong.
class Changing {
public:
    Changing(const Overrides& before, Ground ground) : after_(before), ground_(ground) {}

    void apply(const Change& change) {
        switch (change.operation) {
            case Operation::kDelete:
                after_.erase(change.name);
                return;
            case Operation::kSet:
                return set(change.name, *change.value);
            case Operation::kAppend:
            case Operation::kSubtract:
                return change_list(change);
        }
    }

    Result<Overrides> finish() && {
        if (faults_.empty()) find_contradictions();
        if (faults_.empty()) return std::move(after_);
        const auto code = ground_.level == Level::kTopic ? Errc::kInvalidConfig : Errc::kInvalidRequest;
        return fail(code, fmt::format("{}", fmt::join(faults_, "; ")));
    }

private:
    bool is_topic() const { return ground_.level == Level::kTopic; }
    const Setting* find(std::string_view name) const {
        return is_topic() ? find_topic_setting(name) : find_broker_setting(name);
    }

    void set(const std::string& name, std::string_view value) {
        auto canonical = is_topic() ? check_topic_value(name, value) : check_broker_value(name, value);
        if (!canonical) return faults_.push_back(canonical.error().context);
        if (!may_change(name)) return;
        after_[name] = *std::move(canonical);
    }

    bool may_change(const std::string& name) {
        if (is_topic()) return true;
        const auto update = find_broker_setting(name)->update;
        if (update == Update::kReadOnly) {
            faults_.push_back(
                fmt::format("{} cannot be changed while the broker runs: set it in its file and start it anew", name));
        } else if (update == Update::kPerBroker && ground_.level == Level::kClusterDefault) {
            faults_.push_back(fmt::format("{} can be changed of one broker only, by its id", name));
        } else {
            return true;
        }
        return false;
    }

    void change_list(const Change& change) {
        const auto* setting = find(change.name);
        const bool append = change.operation == Operation::kAppend;
        if (setting != nullptr && setting->type != Type::kList) {
            return faults_.push_back(fmt::format("{} is no list: {} cannot be {} it", change.name, *change.value,
                                                 append ? "added to" : "taken from"));
        }
        if (setting == nullptr) return set(change.name, *change.value);  // says what is wrong with the name
        auto items = to_list(current(*setting));
        for (auto& item : to_list(*change.value)) {
            const auto found = std::ranges::find(items, item);
            if (append && found == items.end())
                items.push_back(std::move(item));
            else if (!append && found != items.end())
                items.erase(found);
        }
        set(change.name, fmt::format("{}", fmt::join(items, ",")));
    }

    // What the list is now, its default included.
    std::string current(const Setting& setting) const {
        const auto found = after_.find(setting.name);
        if (found != after_.end()) return found->second;
        const auto below =
            is_topic() ? effective_topic_value(setting, {}, ground_.broker).value : ground_.broker.text(setting.name);
        return below.value_or("");
    }

    void find_contradictions() {
        if (is_topic()) {
            faults_ = topic_contradictions(after_, ground_.broker);
        } else {
            const auto values = ground_.level == Level::kBroker
                                    ? ground_.broker.with_dynamic(ground_.broker.all_by(Source::kClusterDefault), after_)
                                    : ground_.broker.with_dynamic(after_, ground_.broker.all_by(Source::kBroker));
            faults_ = broker_contradictions(values);
        }
    }

    Overrides after_;
    Ground ground_;
    std::vector<std::string> faults_;
};

// Faults of the request itself, before any setting is looked at.
Result<void> check_form(std::span<const Change> changes) {
    std::set<std::string_view> names;
    for (const auto& change : changes) {
        if (change.name.empty()) return fail(Errc::kInvalidRequest, "a setting has no name");
        if (change.operation < Operation::kSet || change.operation > Operation::kSubtract) {
            return fail(Errc::kInvalidRequest,
                        fmt::format("{}: unknown operation {}", change.name, static_cast<int>(change.operation)));
        }
        if (change.operation != Operation::kDelete && !change.value) {
            return fail(Errc::kInvalidRequest, fmt::format("{}: null is no value for a setting", change.name));
        }
        if (!names.insert(change.name).second) {
            return fail(Errc::kInvalidRequest, fmt::format("{}: given twice", change.name));
        }
    }
    return {};
}

std::int64_t topic_number(std::string_view name, const TopicOverrides& overrides, const Values& broker) {
    const auto* setting = find_topic_setting(name);
    CHECK(setting != nullptr);
    return to_int(effective_topic_value(*setting, overrides, broker).value.value_or("0"));
}

}  // namespace

Result<Overrides> apply_changes(const Overrides& before, std::span<const Change> changes, Ground ground) {
    MOLDAU_TRY(check_form(changes));
    Changing changing{before, ground};
    for (const auto& change : changes) changing.apply(change);
    return std::move(changing).finish();
}

Result<Overrides> check_topic_values(const Overrides& values, const Values& broker) {
    std::vector<Change> changes;
    for (const auto& [name, value] : values) changes.push_back({name, Operation::kSet, value});
    return apply_changes({}, changes, {Level::kTopic, broker});
}

std::vector<std::string> topic_contradictions(const TopicOverrides& overrides, const Values& broker) {
    const auto min = topic_number("min.compaction.lag.ms", overrides, broker);
    const auto max = topic_number("max.compaction.lag.ms", overrides, broker);
    if (min <= max) return {};
    return {fmt::format("min.compaction.lag.ms ({}) is larger than max.compaction.lag.ms ({})", min, max)};
}

std::vector<std::string> broker_contradictions(const Values& values) {
    static constexpr std::pair<std::string_view, std::string_view> kOrdered[] = {
        {"log.cleaner.min.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms"},
        {"group.min.session.timeout.ms", "group.max.session.timeout.ms"},
    };
    std::vector<std::string> found;
    for (const auto& [least, most] : kOrdered) {
        if (values.integer(least) <= values.integer(most)) continue;
        found.push_back(
            fmt::format("{} ({}) is larger than {} ({})", least, values.integer(least), most, values.integer(most)));
    }
    return found;
}

}  // namespace moldau::settings
