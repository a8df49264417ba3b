// What a Kafka cluster in KRaft mode knows of its topics, read from the metadata log that every node keeps.
//
// The problem: a partition's folder has neither the topic's settings nor the true leader epoch, and a compacted topic whose
// `cleanup.policy` got lost would lose its data. The idea: read the newest snapshot and the records after it, as a Kafka
// node does at start, and keep what an import needs; the rest is only counted. Records: schema/kafka_metadata_records.msg.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "bytes/buffer.h"

namespace moldau::cli {

struct KafkaTopic {
    std::string name;
    // By partition: no leader epoch is above it. Kafka raises the epoch with some of the changes, this counts them all.
    std::map<std::int32_t, std::int32_t> epochs_max;
};

struct KafkaMetadata {
    std::map<TopicId, KafkaTopic> topics;
    std::map<std::string, std::map<std::string, std::string, std::less<>>> topic_configs;   // by topic name
    std::map<std::string, std::map<std::string, std::string, std::less<>>> broker_configs;  // by id, "" the default of all
    std::int64_t next_producer_id = 0;
    std::size_t access_rules = 0;
    std::size_t credentials = 0;
    std::size_t quotas = 0;
};

// Follows the records one by one. Values of types that matter and cannot be read are errors (kCorrupt, kNewerFormat); all
// others are passed over.
class KafkaMetadataReader {
public:
    Result<void> apply(const bytes::View& value);
    const KafkaMetadata& state() const { return state_; }

private:
    Result<void> apply_record(std::uint32_t type, std::uint32_t version, const bytes::View& body);

    KafkaMetadata state_;
    std::optional<KafkaMetadata> before_transaction_;
};

// `folder` is a `__cluster_metadata-0`. Errors: with a whole sentence that names file and position.
Result<KafkaMetadata> read_kafka_metadata(const std::string& folder);

}  // namespace moldau::cli
