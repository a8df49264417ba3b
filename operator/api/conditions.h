// Conditions of a status, made from rows of the catalogue.
//
// The problem: a status must be written only when it says something new, and its transition times must survive restarts of
// the operator. The idea: the new conditions are laid over the old ones; a time changes with the status alone, and equal
// conditions give an equal status, which is not written. Messages therefore never hold durations or counters that run.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "operator/api/catalogue.h"
#include "operator/api/metadata.h"

namespace moldau::api {

inline constexpr std::size_t kMessageBytesMax = 1024;

struct Condition {
    std::string type;
    ConditionStatus status = ConditionStatus::kUnknown;
    std::string reason;
    std::string message;
    std::int64_t observed_generation = 0;
    WallTime since{};  // lastTransitionTime
    bool operator==(const Condition&) const = default;
};

// What `decide` says: a row, and a message that replaces the row's own text when there is more to say.
struct Finding {
    Row row;
    std::string message;  // empty: the row's text
    bool operator==(const Finding&) const = default;
};

// At most kMessageBytesMax bytes, cut between characters, control characters as spaces.
std::string clip(std::string_view message);

Condition to_condition(const Finding& finding, std::int64_t generation, WallTime now);
// The conditions of `findings`, in their order; times of `old` stay where the status did. A type without a finding goes.
std::vector<Condition> next_conditions(const std::vector<Condition>& old, const std::vector<Finding>& findings,
                                       std::int64_t generation, WallTime now);
// Those of `conditions` that were not there, or with another reason, and whose row is a warning: each is worth an event.
std::vector<Condition> new_warnings(Kind kind, const std::vector<Condition>& old, const std::vector<Condition>& conditions);

const Condition* find_condition(const std::vector<Condition>& conditions, std::string_view type);

// status.conditions, both ways. What does not look like a condition is left out.
std::vector<Condition> read_conditions(const nlohmann::json& array);
nlohmann::json write_conditions(const std::vector<Condition>& conditions);

}  // namespace moldau::api
