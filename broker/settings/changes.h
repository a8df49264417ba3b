// What a request to change settings makes of those that are there, or every reason why not.
//
// The problem: AlterConfigs and IncrementalAlterConfigs set, remove, extend and shorten values of topics and of brokers;
// what comes of it must be right as a whole, and who asks wants to hear of all faults at once. The idea: a pure function
// from the overrides before and the changes to the overrides after; nothing is stored unless it returns. Place: between the
// tables and the handlers, which carry the result to the metadata.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "settings/values.h"

namespace moldau::settings {

// The numbers are those of IncrementalAlterConfigs.
enum class Operation : std::int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };

struct Change {
    std::string name;
    Operation operation = Operation::kSet;
    std::optional<std::string> value = {};
};

// Whose settings change.
enum class Level : std::uint8_t { kTopic, kBroker, kClusterDefault };

struct Ground {
    Level level;
    const Values& broker;  // in force on the broker, for what an override rests on
};

// Removing what is not there is fine, whatever its name. Errors: kInvalidRequest (no name, no value, a name twice, an
// unknown operation; for brokers every fault), kInvalidConfig (unknown names, bad values, values that contradict each
// other).
Result<Overrides> apply_changes(const Overrides& before, std::span<const Change> changes, Ground ground);

// All values of a new topic, in canonical form. Errors: kInvalidConfig with every fault.
Result<Overrides> check_topic_values(const Overrides& values, const Values& broker);

// Settings that contradict each other, a sentence each.
std::vector<std::string> topic_contradictions(const TopicOverrides& overrides, const Values& broker);
std::vector<std::string> broker_contradictions(const Values& values);

}  // namespace moldau::settings
