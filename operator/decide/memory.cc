// Refusals, recorded.

#include "operator/decide/memory.h"

#include <algorithm>

#include "operator/decide/topic_orders.h"

namespace moldau::decide {
namespace {

constexpr Millis kFirstWait{5'000};
constexpr Millis kLongestWait{600'000};
constexpr std::int32_t kDoublingsMax = 7;  // 5 s * 2^7 > 10 min

// 5 s, 10 s, 20 s, ... at most 10 min.
Millis wait_after(std::int32_t times) {
    return std::min(kLongestWait, kFirstWait * (1 << std::clamp(times - 1, 0, kDoublingsMax)));
}

Refusal::What what_of(const kube::KubeError& error) {
    if (error.is_invalid() || error.reason == kube::Reason::kBadRequest) return Refusal::What::kInvalid;
    return error.is_forbidden() ? Refusal::What::kForbidden : Refusal::What::kOther;
}

Refusal next(const Refusal* before, std::string fingerprint, std::string message, WallTime now) {
    Refusal refusal{.fingerprint = std::move(fingerprint), .message = api::clip(message)};
    if (before != nullptr && before->fingerprint == refusal.fingerprint) {
        refusal.times = std::min(before->times + 1, kDoublingsMax + 1);
    }
    refusal.retry_at = now + wait_after(refusal.times);
    return refusal;
}

Refusal by_broker(const Refusal* before, std::string fingerprint, const broker_api::Outcome& outcome, WallTime now) {
    auto message = outcome.message.empty() ? std::string{errc_text(outcome.error)} : outcome.message;
    auto refusal = next(before, std::move(fingerprint), std::move(message), now);
    refusal.by = Refusal::By::kBroker;
    refusal.what = Refusal::What::kInvalid;
    return refusal;
}

const Refusal* find(const std::optional<Refusal>& refusal) { return refusal ? &*refusal : nullptr; }

template <class Map>
const Refusal* find(const Map& refusals, const std::string& key) {
    const auto found = refusals.find(key);
    return found == refusals.end() ? nullptr : &found->second;
}

// `ordered` has fingerprints by name.
void record_configs(TopicMemory& memory, const broker_api::TopicResult& result,
                    const std::map<std::string, std::string>& ordered, WallTime now) {
    const bool all_refused = !result.configs.ok() && result.refused_configs.empty();
    for (const auto& [name, asked] : ordered) {
        const auto entry = std::ranges::find(result.refused_configs, name, &broker_api::RefusedConfig::name);
        if (entry == result.refused_configs.end() && !all_refused) {
            memory.by_config.erase(name);
        } else {
            const auto& outcome = all_refused ? result.configs : entry->outcome;
            memory.by_config[name] = by_broker(find(memory.by_config, name), asked, outcome, now);
        }
    }
}

void record_order(TopicMemory& memory, std::string fingerprint, const broker_api::Outcome& outcome, WallTime now) {
    if (outcome.ok()) {
        memory.order.reset();
    } else {
        memory.order = by_broker(find(memory.order), std::move(fingerprint), outcome, now);
    }
}

}  // namespace

void record_refusal(Refusals& refusals, const Action& action, const kube::KubeError& error, WallTime now) {
    const auto key = action_key(action);
    auto refusal =
        next(find(refusals, key), fingerprint(action), error.message.empty() ? error.to_string() : error.message, now);
    refusal.what = what_of(error);
    refusals[key] = std::move(refusal);
}

void record_success(Refusals& refusals, const Action& action) { refusals.erase(action_key(action)); }

void record(Refusals& refusals, const broker_api::AlterSettings& order, const broker_api::SettingResults& results,
            WallTime now) {
    for (const auto& change : order.changes) {
        const auto result = std::ranges::find(results.results, change.name, &broker_api::SettingResult::name);
        if (result == results.results.end()) continue;
        const auto key = setting_key(change.name);
        if (result->outcome.ok()) {
            refusals.erase(key);
        } else {
            refusals[key] = by_broker(find(refusals, key), change_fingerprint(change), result->outcome, now);
        }
    }
}

void record(TopicMemory& memory, const broker_api::NewTopic& order, const broker_api::TopicResult& result, WallTime now) {
    record_order(memory, topic_fingerprint(order), result.outcome, now);
    if (!result.outcome.ok()) return;
    std::map<std::string, std::string> ordered;
    for (const auto& [name, value] : order.configs) ordered.emplace(name, change_fingerprint({name, value}));
    record_configs(memory, result, ordered, now);
    memory.event = TopicMemory::Event::kCreated;
}

void record(TopicMemory& memory, const broker_api::TopicAlteration& order, const broker_api::TopicResult& result,
            WallTime now) {
    record_order(memory, topic_fingerprint(order), result.outcome, now);
    std::map<std::string, std::string> ordered;
    for (const auto& change : order.configs) ordered.emplace(change.name, change_fingerprint(change));
    record_configs(memory, result, ordered, now);
    const bool altered =
        std::ranges::any_of(ordered, [&](const auto& one) { return !memory.by_config.contains(one.first); });
    if (result.outcome.ok() && order.partitions) {
        memory.event = TopicMemory::Event::kGrown;
    } else if (altered && memory.event == TopicMemory::Event::kNone) {
        memory.event = TopicMemory::Event::kAltered;
    }
}

void forget_broker(Refusals& refusals) {
    std::erase_if(refusals, [](const auto& entry) { return entry.second.by == Refusal::By::kBroker; });
}

void forget_broker(TopicMemory& memory) {
    memory.order.reset();
    memory.by_config.clear();
}

void record_told(TopicMemory& memory) { memory.event = TopicMemory::Event::kNone; }

void record(TopicMemory& memory, const broker_api::TopicDeletion& order, const broker_api::TopicResult& result,
            WallTime now) {
    record_order(memory, topic_fingerprint(order), result.outcome, now);
}

}  // namespace moldau::decide
