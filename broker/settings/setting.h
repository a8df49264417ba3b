// What a setting is: its name, type, default, range and text, in one table that everything else is made from.
//
// The problem: validation, documentation and DescribeConfigs must never disagree. The idea: a row per setting; loading,
// docs/configuration.md and the handlers read the same rows. Names and meanings are Kafka's where Kafka has them; Moldau's
// own start with "moldau.". Place: above `base` only; topics' rows are in topic_settings.cc, the broker's in
// broker_settings.cc.

#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace moldau::settings {

// The numbers are those of DescribeConfigs' ConfigType.
enum class Type : std::int8_t { kBoolean = 1, kString = 2, kInt = 3, kLong = 5, kDouble = 6, kList = 7 };

inline constexpr std::int64_t kLongMax = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t kIntMax = std::numeric_limits<std::int32_t>::max();

// What the value may be. For numbers min..max, both included; for strings and lists the allowed words (empty: any).
struct Range {
    double min = -std::numeric_limits<double>::infinity();
    double max = std::numeric_limits<double>::infinity();
    std::vector<std::string_view> words = {};
};

// How a broker's setting changes while it runs (Kafka's update modes): per broker, for all of them at once, or not at all.
enum class Update : std::uint8_t { kReadOnly, kPerBroker, kClusterWide };

struct Setting {
    std::string_view name;
    Type type;
    // nullptr: no value (Kafka's null).
    const char* default_value;
    Range range;
    std::string_view text;
    // Broker settings that stand in when a topic has none of its own: the first that is set counts, in this order.
    struct Synonym {
        std::string_view name;
        std::int64_t factor = 1;  // log.retention.hours → retention.ms
    };
    std::vector<Synonym> synonyms = {};
    Update update = Update::kReadOnly;  // of a broker's setting; a topic's can always be changed
};

std::span<const Setting> broker_settings();
std::span<const Setting> topic_settings();
// Nullptr when there is none.
const Setting* find_broker_setting(std::string_view name);
const Setting* find_topic_setting(std::string_view name);

// Is `value` of the setting's type and in its range? The value comes back in canonical form (trimmed, "true", "10").
// Errors: kInvalidConfig with setting, value and what is allowed.
Result<std::string> canonical_value(const Setting& setting, std::string_view value);
// "boolean", "text", "int", "long", "number", "list"
std::string_view type_name(Type type);
// "1 to 100", "one of producer, gzip", "" for anything.
std::string allowed_text(const Setting& setting);

// Values that canonical_value() has passed.
std::int64_t to_int(std::string_view canonical);
double to_double(std::string_view canonical);
bool to_bool(std::string_view canonical);
std::vector<std::string> to_list(std::string_view canonical);

// The known name nearest to a misspelt one, nullopt when none is near.
std::optional<std::string_view> nearest_name(std::string_view name, std::span<const Setting> known);

}  // namespace moldau::settings
