// Requests that change the cluster's state and have no message of Kafka's protocol of their own here.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "metadata/image.h"

namespace moldau::metadata {

// Producer ids [first, first + count) that nobody else gets.
struct ProducerIdBlock {
    ProducerId first;
    std::int32_t count = 0;
};

// A topic that shall exist; created with the defaults where nothing is said. Replication of an internal topic is lowered to
// the number of live brokers.
struct AutoTopic {
    std::string name;
    std::optional<std::int32_t> partitions = {};
    std::optional<std::int16_t> replication_factor = {};
    ConfigMap configs = {};
};
struct AutoTopicResult {
    std::string name;
    Result<TopicId> topic;
};

// A broker process announces itself.
struct BrokerRegistration {
    BrokerId id;
    Uuid incarnation;
    std::optional<std::string> rack = {};
    std::vector<Endpoint> endpoints = {};
    std::vector<Uuid> directories = {};
};

// Sets an override or, with nullopt, removes it.
struct ConfigChange {
    std::string name;
    std::optional<std::string> value;
};

}  // namespace moldau::metadata
