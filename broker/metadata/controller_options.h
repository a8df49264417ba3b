// The settings and rules from outside that decisions about topics follow.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace moldau::metadata {

// Are these allowed together for a topic? They come back in canonical form. Errors: kInvalidConfig with every reason.
using TopicConfigs = std::map<std::string, std::string, std::less<>>;
using TopicConfigValidator = std::function<Result<TopicConfigs>(const TopicConfigs& configs)>;

// One line of a CreateTopics answer's configuration.
struct DescribedConfig {
    std::string name;
    std::optional<std::string> value;
    std::int8_t source = -1;  // Kafka's ConfigSource
    enum class ReadOnly : bool { kNo, kYes } read_only = ReadOnly::kNo;
    enum class Sensitive : bool { kNo, kYes } sensitive = Sensitive::kNo;
};

struct ControllerOptions {
    std::int32_t partitions_default = 1;          // num.partitions
    std::int16_t replication_factor_default = 1;  // default.replication.factor
    enum class TopicDeletion : bool { kDisabled, kEnabled } topic_deletion = TopicDeletion::kEnabled;  // delete.topic.enable
    std::int32_t partitions_per_request_max = 10'000;
    TopicConfigValidator validate_topic_configs;  // absent: everything is allowed
    // All settings of a topic with these overrides, as clients shall see them; absent: the overrides alone are listed.
    std::function<std::vector<DescribedConfig>(const TopicConfigs& overrides)> describe_topic;
};

}  // namespace moldau::metadata
