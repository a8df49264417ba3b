// Settings of topics and brokers over the wire: reading them with their sources, changing some and leaving the others.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/frame/wire_client.h"
#include "wire/describe_configs.h"

namespace moldau::cli {

// The protocol's numbers.
enum class ResourceKind : std::int8_t { kTopic = 2, kBroker = 4 };
// kValidate: the brokers check everything and change nothing.
enum class ChangeMode { kValidate, kApply };

// A topic by its name, a broker by its id; a broker with an empty name is the default of all.
struct Resource {
    ResourceKind kind = ResourceKind::kTopic;
    std::string name;
    // "topic orders", "broker 1", "all brokers"
    std::string text() const;
};

struct SettingsChange {
    Resource resource;
    std::vector<KeyValue> set;
    std::vector<std::string> remove;  // back to what the broker, or the default, says
};

// One answer of several: the error is the resource's own.
using Described = wire::DescribeConfigsResponse::DescribeConfigsResult;
using SettingEntry = wire::DescribeConfigsResponse::DescribeConfigsResourceResult;

// All changes of one request together, all resources of one kind. A broker's own settings are asked of and changed at that
// broker. `failures` has a sentence for each resource that was refused. Errors: those of the connection.
Result<std::vector<Error>> change_settings(WireClient& client, const std::vector<SettingsChange>& changes, ChangeMode mode);

// With synonyms and documentation. Empty `keys`: all settings. Errors: the resource's own too.
Result<std::vector<SettingEntry>> describe_settings(WireClient& client, const Resource& resource,
                                                    const std::vector<std::string>& keys);

// "DYNAMIC_TOPIC_CONFIG", "DEFAULT_CONFIG"; "UNKNOWN" for numbers that have no name.
const char* source_name(std::int8_t source);
// "BOOLEAN", "LONG", ...
const char* type_name(std::int8_t type);
inline constexpr std::int8_t kDefaultSource = 5;

}  // namespace moldau::cli
