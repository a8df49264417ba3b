// The broker's settings as they are in force, and what follows from them for a topic.
//
// Sources in rising precedence: defaults; file, environment, command line (`load`, which reports every fault at once); then
// what AlterConfigs set while brokers run, for all of them and for this one (`with_dynamic`). Place: an immutable value that
// each core holds one of; a change makes a new one.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "settings/setting.h"

namespace moldau::settings {

// Where a value comes from; the numbers are those of DescribeConfigs' ConfigSource.
enum class Source : std::int8_t {
    kTopic = 1,           // DYNAMIC_TOPIC_CONFIG
    kBroker = 2,          // DYNAMIC_BROKER_CONFIG
    kClusterDefault = 3,  // DYNAMIC_DEFAULT_BROKER_CONFIG
    kStaticBroker = 4,    // STATIC_BROKER_CONFIG
    kDefault = 5,         // DEFAULT_CONFIG
};
inline constexpr Source kBrokerSources[] = {Source::kBroker, Source::kClusterDefault, Source::kStaticBroker};

using KeyValues = std::vector<std::pair<std::string, std::string>>;

struct Inputs {
    std::optional<std::string> file;  // *.properties, or YAML by any other name
    KeyValues environment;            // all of the process; MOLDAU_CONFIG_* are settings, others can be named in values
    KeyValues options;                // -o key=value
    std::string host_name = {};       // for moldau.node.id.from.hostname
};

// Values by name, in canonical form.
using Overrides = std::map<std::string, std::string, std::less<>>;

// Values of broker settings. Asking for a name that the table does not have ends the process.
class Values {
public:
    Values() = default;
    explicit Values(Overrides set) : set_(std::move(set)) {}

    // The same with these, which have been checked, above what the file says: `cluster` is for every broker, `broker` for
    // this one and counts more.
    Values with_dynamic(Overrides cluster, Overrides broker) const;

    std::optional<std::string> text(std::string_view name) const;  // nullopt: null
    std::int64_t integer(std::string_view name) const;
    bool boolean(std::string_view name) const;
    std::vector<std::string> list(std::string_view name) const;
    // Was it set by somebody, or is it the default?
    bool is_set(std::string_view name) const;
    // What that source, one of kBrokerSources, says; null when it says nothing.
    const std::string* set_by(Source source, std::string_view name) const;
    // All that one of kBrokerSources says.
    const Overrides& all_by(Source source) const;
    std::vector<std::string> log_dirs() const;

private:
    Overrides set_;
    Overrides cluster_;
    Overrides broker_;
};

// Every fault, one a line, with the nearest known name for an unknown one.
struct Faults {
    std::vector<std::string> lines;
};
std::expected<Values, Faults> load(const Inputs& inputs);

// A topic setting's value with its origin, and what would count without it (DescribeConfigs' synonyms), most specific first.
struct Effective {
    std::optional<std::string> value;
    Source source = Source::kDefault;
    struct Synonym {
        std::string name;
        std::optional<std::string> value;
        Source source;
    };
    std::vector<Synonym> synonyms;
};
using TopicOverrides = Overrides;
Effective effective_topic_value(const Setting& setting, const TopicOverrides& overrides, const Values& broker);
// The same for a broker setting.
Effective effective_broker_value(const Setting& setting, const Values& broker);

// Is name=value good for a topic, for a broker? Comes back in canonical form. Errors: kInvalidConfig with the nearest name
// or the allowed values.
Result<std::string> check_topic_value(std::string_view name, std::string_view value);
Result<std::string> check_broker_value(std::string_view name, std::string_view value);

// docs/configuration.md
std::string configuration_page();

}  // namespace moldau::settings
