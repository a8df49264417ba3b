// Conditions laid over the old ones.

#include "operator/api/conditions.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "operator/api/fields.h"

namespace moldau::api {
namespace {

// The same moment as it reads back from a status, which has whole seconds.
WallTime whole_seconds(WallTime time) { return std::chrono::floor<std::chrono::seconds>(time); }

// Does the byte go on with a character of UTF-8 rather than begin one?
bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

// Bytes of the character that begins with `byte`; 0: none begins so.
std::size_t character_size(unsigned char byte) {
    if (byte < 0x80) return 1;
    if (byte >= 0xC2 && byte <= 0xDF) return 2;
    if ((byte & 0xF0U) == 0xE0U) return 3;
    return byte >= 0xF0 && byte <= 0xF4 ? 4 : 0;
}

// Does `next` go on with a character that `first` began? Neither over-long forms nor surrogates are characters (RFC 3629).
bool follows(unsigned char first, char next) {
    const auto byte = static_cast<unsigned char>(next);
    if (first == 0xE0) return byte >= 0xA0 && byte <= 0xBF;
    if (first == 0xED) return byte >= 0x80 && byte <= 0x9F;
    if (first == 0xF0) return byte >= 0x90 && byte <= 0xBF;
    if (first == 0xF4) return byte >= 0x80 && byte <= 0x8F;
    return continues_character(next);
}

// Words of brokers and kernels may hold anything, and JSON takes UTF-8 alone: control characters become spaces, what is no
// character a question mark.
std::string printable(std::string_view message) {
    std::string text;
    for (std::size_t at = 0; at < message.size();) {
        const auto first = static_cast<unsigned char>(message[at]);
        const auto size = character_size(first);
        std::size_t found = size == 0 ? 0 : 1;
        const auto goes_on = [&](char next) { return found == 1 ? follows(first, next) : continues_character(next); };
        while (found < size && at + found < message.size() && goes_on(message[at + found])) ++found;
        if (size == 0 || found < size) {
            text += '?';
            at += std::max<std::size_t>(found, 1);
            continue;
        }
        const bool control = size == 1 && (first < 0x20 || first == 0x7F);
        text += control ? std::string_view{" "} : message.substr(at, size);
        at += size;
    }
    return text;
}

std::optional<ConditionStatus> parse_status(std::string_view text) {
    for (const auto status : {ConditionStatus::kTrue, ConditionStatus::kFalse, ConditionStatus::kUnknown}) {
        if (text == status_name(status)) return status;
    }
    return std::nullopt;
}

}  // namespace

std::string clip(std::string_view message) {
    constexpr std::string_view kMore = " ...";
    auto text = printable(message);
    while (!text.empty() && text.back() == ' ') text.pop_back();
    if (text.size() <= kMessageBytesMax) return text;
    std::size_t end = kMessageBytesMax - kMore.size();
    while (end > 0 && continues_character(text[end])) --end;
    return text.substr(0, end).append(kMore);
}

Condition to_condition(const Finding& finding, std::int64_t generation, WallTime now) {
    const auto& found = row(finding.row);
    return Condition{.type = std::string{found.type},
                     .status = found.status,
                     .reason = std::string{found.reason},
                     .message = finding.message.empty() ? std::string{found.text} : clip(finding.message),
                     .observed_generation = generation,
                     .since = whole_seconds(now)};
}

std::vector<Condition> next_conditions(const std::vector<Condition>& old, const std::vector<Finding>& findings,
                                       std::int64_t generation, WallTime now) {
    std::vector<Condition> next;
    next.reserve(findings.size());
    for (const auto& finding : findings) {
        auto condition = to_condition(finding, generation, now);
        const auto* before = find_condition(old, condition.type);
        if (before != nullptr && before->status == condition.status) condition.since = before->since;
        next.push_back(std::move(condition));
    }
    return next;
}

std::vector<Condition> new_warnings(Kind kind, const std::vector<Condition>& old, const std::vector<Condition>& conditions) {
    std::vector<Condition> warnings;
    for (const auto& condition : conditions) {
        const auto* found = find_row(kind, condition.type, condition.reason);
        if (found == nullptr || found->severity != Severity::kWarning) continue;
        const auto* before = find_condition(old, condition.type);
        if (before == nullptr || before->reason != condition.reason) warnings.push_back(condition);
    }
    return warnings;
}

const Condition* find_condition(const std::vector<Condition>& conditions, std::string_view type) {
    const auto found = std::ranges::find(conditions, type, &Condition::type);
    return found == conditions.end() ? nullptr : &*found;
}

std::vector<Condition> read_conditions(const nlohmann::json& array) {
    std::vector<Condition> conditions;
    if (!array.is_array()) return conditions;
    std::vector<std::string> ignored;
    for (const auto& entry : array) {
        const Fields fields{entry, {}, ignored};
        const auto status = parse_status(fields.text("status").value_or(""));
        Condition condition{.type = fields.text("type").value_or("")};
        if (condition.type.empty() || !status) continue;
        condition.status = *status;
        condition.reason = fields.text("reason").value_or("");
        condition.message = fields.text("message").value_or("");
        condition.observed_generation = fields.whole("observedGeneration", {0, INT64_MAX}).value_or(0);
        condition.since = parse_time(fields.text("lastTransitionTime").value_or("")).value_or(WallTime{});
        conditions.push_back(std::move(condition));
    }
    return conditions;
}

nlohmann::json write_conditions(const std::vector<Condition>& conditions) {
    auto array = nlohmann::json::array();
    for (const auto& condition : conditions) {
        array.push_back({{"type", condition.type},
                         {"status", status_name(condition.status)},
                         {"reason", condition.reason},
                         {"message", condition.message},
                         {"observedGeneration", condition.observed_generation},
                         {"lastTransitionTime", format_time(condition.since)}});
    }
    return array;
}

}  // namespace moldau::api
