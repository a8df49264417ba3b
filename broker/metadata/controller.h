// Decides what a request changes: an image in, records and an answer out; it changes nothing itself.
//
// The problem: requests must be checked against all that came before them, also what is not committed yet. The idea: every
// verb is a function of the newest appended image; its records are applied by replay (metadata/image_builder.h), so that
// deciding and following cannot differ. Place: pure; `MetadataService` appends the records, and answers once they are
// committed.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "metadata/controller_options.h"
#include "metadata/image.h"
#include "metadata/records.h"
#include "metadata/requests.h"
#include "wire/create_partitions.h"
#include "wire/create_topics.h"
#include "wire/delete_topics.h"

namespace moldau::metadata {

template <class Answer>
struct Decision {
    std::vector<AnyRecord> records;
    Answer answer;
};

inline constexpr std::int32_t kProducerIdBlockSize = 1000;
// What a new cluster is made with.
inline constexpr std::string_view kMetadataFeature = "moldau.metadata";
inline constexpr std::int16_t kMetadataFeatureLevel = 1;

// Lifetime: as long as its owner. Thread: one.
class Controller {
public:
    // `new_topic_id` yields random ids, a new one with each call.
    Controller(ControllerOptions options, std::function<TopicId()> new_topic_id)
        : options_(std::move(options)), new_topic_id_(std::move(new_topic_id)) {}

    // Each topic has its own error and message; what is right is done though others are wrong. Errors per topic, as Kafka's:
    // kInvalidRequest (named twice, contradicting fields), kInvalidTopicException, kTopicAlreadyExists, kInvalidPartitions,
    // kInvalidReplicationFactor, kInvalidReplicaAssignment, kInvalidConfig, kPolicyViolation (too many partitions at once).
    // Topics that `ids` names get those; one that another topic has is kInvalidRequest.
    Decision<wire::CreateTopicsResponse> create_topics(const Image& image, const wire::CreateTopicsRequest& request,
                                                       const WantedIds& ids = {}) const;
    // Errors per topic: kUnknownTopicOrPartition, kUnknownTopicId, kInvalidRequest, kTopicDeletionDisabled (kInvalidRequest
    // below version 3).
    Decision<wire::DeleteTopicsResponse> delete_topics(const Image& image, const wire::DeleteTopicsRequest& request,
                                                       std::int16_t version) const;
    // Errors per topic: kUnknownTopicOrPartition, kInvalidPartitions, kInvalidReplicaAssignment, kInvalidRequest,
    // kPolicyViolation.
    Decision<wire::CreatePartitionsResponse> create_partitions(const Image& image,
                                                               const wire::CreatePartitionsRequest& request) const;
    // Topics that exist are fine as they are.
    Decision<std::vector<AutoTopicResult>> ensure_topics(const Image& image, const std::vector<AutoTopic>& topics) const;

    // Takes over topics whose partitions lie on `broker` already, and goes on behind the producer ids below
    // `next_producer_id`. All or nothing. Errors: those of create_topics, and kTopicAlreadyExists for an id that is taken.
    Result<Decision<std::monostate>> adopt_topics(const Image& image, const Adoption& adoption) const;

    // Answers with the broker epoch, -1 when it is the offset that the first record will get. A new incarnation raises the
    // leader epochs of what the broker leads, so that nobody takes its log for the one before. Errors: kInvalidRegistration.
    Result<Decision<std::int64_t>> register_broker(const Image& image, const BrokerRegistration& registration) const;
    // Errors: kUnknownServerError once 2^63 ids are used up.
    Result<Decision<ProducerIdBlock>> allocate_producer_ids(const Image& image, BrokerId broker) const;
    // What `edit` changes. Errors: kUnknownTopicOrPartition, kInvalidTopicException, kBrokerIdNotRegistered, its own.
    Result<Decision<std::monostate>> alter_configs(const Image& image, const ConfigResource& resource,
                                                   const ConfigEdit& edit) const;
    // The first records of a new cluster.
    std::vector<AnyRecord> bootstrap(const std::string& cluster_id) const;

private:
    using CreatableTopic = wire::CreateTopicsRequest::CreatableTopic;
    using TopicResult = wire::CreateTopicsResponse::CreatableTopicResult;
    struct NewTopic;
    struct Draft;
    Result<void> create_topic(Draft& draft, const CreatableTopic& topic, TopicResult& result) const;
    Result<TopicId> choose_id(Draft& draft, const std::string& topic) const;
    Result<NewTopic> plan_topic(Draft& draft, const CreatableTopic& topic) const;
    Result<ConfigMap> check_configs(const CreatableTopic& topic) const;
    Result<void> add_partitions(Draft& draft, const wire::CreatePartitionsRequest::CreatePartitionsTopic& topic) const;

    ControllerOptions options_;
    std::function<TopicId()> new_topic_id_;
};

}  // namespace moldau::metadata
