// Requests that change the cluster's state and have no message of Kafka's protocol of their own here.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
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

// A topic that another system made, whose id and epochs are kept, with one replica of each partition.
struct AdoptedPartition {
    LeaderEpoch epoch{0};
    Uuid directory;  // of the replica
};
struct AdoptedTopic {
    std::string name;
    TopicId id;
    ConfigMap configs = {};
    std::vector<AdoptedPartition> partitions = {};  // by index
};

struct Adoption {
    BrokerId broker;  // that has all replicas
    std::vector<AdoptedTopic> topics = {};
    std::int64_t next_producer_id = 0;
};

// A broker process announces itself.
struct BrokerRegistration {
    BrokerId id;
    Uuid incarnation;
    std::optional<std::string> rack = {};
    std::vector<Endpoint> endpoints = {};
    std::vector<Uuid> directories = {};
};

// Ids that topics of a request shall have, by topic name; the others get random ones.
using WantedIds = std::map<std::string, TopicId, std::less<>>;

// What a resource's overrides become, from what they are. Pure: what it finds may never be committed. An error refuses the
// change.
using ConfigEdit = std::function<Result<ConfigMap>(const ConfigMap& before)>;
enum class Execution : std::uint8_t { kReal, kValidateOnly };

}  // namespace moldau::metadata
