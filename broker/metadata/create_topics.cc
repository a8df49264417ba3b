// The verb CreateTopics, topics made without being asked for, and those that an import brings.

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "metadata/topic_draft.h"

namespace moldau::metadata {
namespace {

using Request = wire::CreateTopicsRequest;
using Response = wire::CreateTopicsResponse;

std::unexpected<Error> refuse(Errc code, std::string why) { return fail(code, std::move(why)); }

// By partition index. Errors: kInvalidReplicaAssignment unless they are 0, 1, 2, ... once each.
Result<std::vector<const Request::CreatableReplicaAssignment*>> in_order(const Request::CreatableTopic& topic) {
    std::map<std::int32_t, const Request::CreatableReplicaAssignment*> by_index;
    for (const auto& assignment : topic.assignments) {
        if (!by_index.emplace(assignment.partition_index, &assignment).second) {
            return refuse(Errc::kInvalidReplicaAssignment,
                          "partition " + std::to_string(assignment.partition_index) + " is assigned twice");
        }
    }
    if (by_index.begin()->first != 0 || by_index.rbegin()->first != static_cast<std::int32_t>(by_index.size()) - 1) {
        return refuse(Errc::kInvalidReplicaAssignment, "the assigned partitions must be numbered from 0 without gaps");
    }
    std::vector<const Request::CreatableReplicaAssignment*> ordered;
    for (const auto& [index, assignment] : by_index) ordered.push_back(assignment);
    return ordered;
}

Result<std::vector<ReplicaPlacement>> place_by_hand(Placement& placement, const Request::CreatableTopic& topic) {
    if (topic.num_partitions != -1 || topic.replication_factor != -1) {
        return refuse(Errc::kInvalidRequest, "with a replica assignment, partitions and replication factor must both be -1");
    }
    MOLDAU_TRY_ASSIGN(assignments, in_order(topic));
    std::vector<ReplicaPlacement> placed;
    for (const auto* assignment : assignments) {
        MOLDAU_TRY_ASSIGN(partition, placement.assign(assignment->broker_ids));
        if (!placed.empty() && partition.replicas.size() != placed.front().replicas.size()) {
            return refuse(Errc::kInvalidReplicaAssignment, "the assigned partitions have different numbers of replicas");
        }
        placed.push_back(std::move(partition));
    }
    return placed;
}

std::optional<std::string> message_of(const Error& error) {
    return error.context.empty() ? std::string{errc_text(error.code)} : error.context;
}

void describe(const ConfigMap& overrides, const ControllerOptions& options, Response::CreatableTopicResult& result) {
    auto& configs = result.configs.emplace();
    if (!options.describe_topic) {
        for (const auto& [name, value] : overrides) {
            auto& config = configs.emplace_back();
            config.name = name;
            config.value = value;
            config.config_source = 1;  // a topic's own
        }
        return;
    }
    for (auto& described : options.describe_topic(overrides)) {
        auto& config = configs.emplace_back();
        config.name = std::move(described.name);
        config.value = std::move(described.value);
        config.config_source = described.source;
        config.read_only = described.read_only == DescribedConfig::ReadOnly::kYes;
        config.is_sensitive = described.sensitive == DescribedConfig::Sensitive::kYes;
    }
}

// One entry per name, in the order of first mention; names that come twice are told apart.
std::map<std::string_view, std::size_t> count_names(const std::vector<Request::CreatableTopic>& topics) {
    std::map<std::string_view, std::size_t> counts;
    for (const auto& topic : topics) ++counts[topic.name];
    return counts;
}

// --- topics that exist already, as files

Result<void> check_adopted(const Image& image, const AdoptedTopic& topic) {
    MOLDAU_TRY(validate_topic_name(topic.name));
    if (topic.name == kClusterMetadataTopic) return fail(Errc::kInvalidRequest, "the topic belongs to Moldau itself");
    if (const Topic* other = image.find_colliding(topic.name)) {
        return fail(Errc::kTopicAlreadyExists, "topic '" + other->name + "' already exists");
    }
    if (const Topic* other = image.find_topic(topic.id)) {
        return fail(Errc::kTopicAlreadyExists, "topic '" + other->name + "' has the id of '" + topic.name + "' already");
    }
    if (topic.partitions.empty()) return fail(Errc::kInvalidPartitions, "topic '" + topic.name + "' has no partitions");
    return {};
}

void append_adopted(std::vector<AnyRecord>& records, const AdoptedTopic& topic, BrokerId broker) {
    TopicRecord made;
    made.name = topic.name;
    made.topic_id = topic.id.value;
    records.emplace_back(std::move(made));
    for (const auto& [name, value] : topic.configs) {
        ConfigRecord config;
        config.resource_type = static_cast<std::int8_t>(ConfigResourceType::kTopic);
        config.resource_name = topic.name;
        config.name = name;
        config.value = value;
        records.emplace_back(std::move(config));
    }
    for (std::size_t index = 0; index < topic.partitions.size(); ++index) {
        const auto& partition = topic.partitions[index];
        PartitionRecord record;
        record.topic_id = topic.id.value;
        record.partition_index = static_cast<std::int32_t>(index);
        record.replicas = {broker.value};
        record.directories = {partition.directory};
        record.isr = {broker.value};
        record.leader = broker.value;
        record.leader_epoch = partition.epoch.value;
        records.emplace_back(std::move(record));
    }
}

}  // namespace

Result<void> Controller::Draft::take_partitions(std::int64_t count) {
    if (count > partitions_left) {
        return refuse(Errc::kPolicyViolation, "the request makes too many partitions at once: " + std::to_string(count) +
                                                  " more, " + std::to_string(partitions_left) + " are left to it");
    }
    partitions_left -= static_cast<std::int32_t>(count);
    return {};
}

void Controller::Draft::add_partition(TopicId topic, std::size_t index, const ReplicaPlacement& placed) {
    PartitionRecord record;
    record.topic_id = topic.value;
    record.partition_index = static_cast<std::int32_t>(index);
    for (const auto replica : placed.replicas) record.replicas.push_back(replica.value);
    record.directories = placed.directories;
    for (const auto replica : placement.live(placed.replicas)) record.isr.push_back(replica.value);
    record.leader = record.isr.front();
    records.emplace_back(std::move(record));
}

Result<ConfigMap> Controller::check_configs(const CreatableTopic& topic) const {
    ConfigMap configs;
    for (const auto& config : topic.configs) {
        if (!config.value) return refuse(Errc::kInvalidConfig, config.name + ": null is no value for a setting");
        if (!configs.emplace(config.name, *config.value).second) {
            return refuse(Errc::kInvalidConfig, config.name + ": given twice");
        }
    }
    if (options_.validate_topic_configs) return options_.validate_topic_configs(configs);
    return configs;
}

Result<Controller::NewTopic> Controller::plan_topic(Draft& draft, const CreatableTopic& topic) const {
    if (topic.name == kClusterMetadataTopic) return refuse(Errc::kInvalidRequest, "the topic belongs to Moldau itself");
    MOLDAU_TRY(validate_topic_name(topic.name));
    if (draft.image.find_topic(topic.name)) {
        return refuse(Errc::kTopicAlreadyExists, "topic '" + topic.name + "' already exists");
    }
    if (const Topic* other = draft.image.find_colliding(topic.name)) {
        return refuse(Errc::kInvalidTopicException, "'" + topic.name + "' and the existing topic '" + other->name +
                                                        "' differ only in '.' and '_', which collide in metrics");
    }
    MOLDAU_TRY_ASSIGN(configs, check_configs(topic));
    if (!topic.assignments.empty()) {
        MOLDAU_TRY(draft.take_partitions(static_cast<std::int64_t>(topic.assignments.size())));
        MOLDAU_TRY_ASSIGN(placed, place_by_hand(draft.placement, topic));
        return NewTopic{std::move(placed), std::move(configs)};
    }
    if (topic.num_partitions == 0 || topic.num_partitions < -1) {
        return refuse(Errc::kInvalidPartitions, "the number of partitions must be at least 1, or -1 for the default");
    }
    if (topic.replication_factor == 0 || topic.replication_factor < -1) {
        return refuse(Errc::kInvalidReplicationFactor, "the replication factor must be at least 1, or -1 for the default");
    }
    PlacementRequest request;
    request.partition_count = topic.num_partitions == -1 ? options_.partitions_default : topic.num_partitions;
    request.replication_factor =
        topic.replication_factor == -1 ? options_.replication_factor_default : topic.replication_factor;
    MOLDAU_TRY(draft.take_partitions(request.partition_count));
    MOLDAU_TRY_ASSIGN(placed, draft.placement.place(request));
    return NewTopic{std::move(placed), std::move(configs)};
}

Result<TopicId> Controller::choose_id(Draft& draft, const std::string& topic) const {
    const auto wanted = draft.ids.find(topic);
    if (wanted == draft.ids.end()) return new_topic_id_();
    const TopicId id = wanted->second;
    if (draft.image.find_topic(id) || !draft.ids_given.insert(id).second) {
        return refuse(Errc::kInvalidRequest, "another topic has the id " + id.value.to_string());
    }
    return id;
}

Result<void> Controller::create_topic(Draft& draft, const CreatableTopic& topic, TopicResult& result) const {
    MOLDAU_TRY_ASSIGN(planned, plan_topic(draft, topic));
    MOLDAU_TRY_ASSIGN(id, choose_id(draft, topic.name));
    TopicRecord record;
    record.name = topic.name;
    record.topic_id = id.value;
    draft.records.emplace_back(std::move(record));
    for (const auto& [name, value] : planned.configs) {
        ConfigRecord config;
        config.resource_type = static_cast<std::int8_t>(ConfigResourceType::kTopic);
        config.resource_name = topic.name;
        config.name = name;
        config.value = value;
        draft.records.emplace_back(std::move(config));
    }
    for (std::size_t index = 0; index < planned.partitions.size(); ++index) {
        draft.add_partition(id, index, planned.partitions[index]);
    }
    result.topic_id = id.value;
    result.num_partitions = static_cast<std::int32_t>(planned.partitions.size());
    result.replication_factor = static_cast<std::int16_t>(planned.partitions.front().replicas.size());
    describe(planned.configs, options_, result);
    return {};
}

Decision<Response> Controller::create_topics(const Image& image, const Request& request, const WantedIds& ids) const {
    Draft draft{.image = image, .ids = ids, .partitions_left = options_.partitions_per_request_max};
    const auto counts = count_names(request.topics);
    std::set<std::string_view> answered;
    std::set<std::string, CollisionOrder> folded;
    Response response;
    for (const auto& topic : request.topics) {
        if (!answered.insert(topic.name).second) continue;
        auto& result = response.topics.emplace_back();
        result.name = topic.name;
        result.error_message.reset();
        result.configs.emplace();
        Result<void> created;
        if (counts.at(topic.name) > 1) {
            created = refuse(Errc::kInvalidRequest, "the request names the topic twice");
        } else if (const auto other = folded.find(topic.name); other != folded.end()) {
            created = refuse(Errc::kInvalidTopicException,
                             "'" + topic.name + "' and '" + *other + "' of the same request differ only in '.' and '_'");
        } else {
            created = create_topic(draft, topic, result);
        }
        if (created) {
            folded.insert(topic.name);
        } else {
            result.error_code = kafka_code(created.error().code);
            result.error_message = message_of(created.error());
        }
    }
    if (request.validate_only) {
        for (auto& result : response.topics) result.topic_id = {};
        draft.records.clear();
    }
    return {std::move(draft.records), std::move(response)};
}

Decision<std::vector<AutoTopicResult>> Controller::ensure_topics(const Image& image,
                                                                 const std::vector<AutoTopic>& topics) const {
    const auto live = std::ranges::count_if(image.brokers(), [](const auto& broker) { return !broker.second.fenced; });
    Request request;
    std::set<std::string_view> asked;
    for (const auto& topic : topics) {
        if (image.find_topic(topic.name) || !asked.insert(topic.name).second) continue;
        auto& to = request.topics.emplace_back();
        to.name = topic.name;
        to.num_partitions = topic.partitions.value_or(-1);
        to.replication_factor = topic.replication_factor.value_or(-1);
        if (is_internal_topic(topic.name) && to.replication_factor > live && live > 0) {
            to.replication_factor = static_cast<std::int16_t>(live);
        }
        for (const auto& [name, value] : topic.configs) {
            auto& config = to.configs.emplace_back();
            config.name = name;
            config.value = value;
        }
    }
    auto decision = create_topics(image, request);
    std::map<std::string_view, Result<TopicId>> created;
    for (const auto& result : decision.answer.topics) {
        if (result.error_code == 0) {
            created.emplace(result.name, TopicId{result.topic_id});
        } else {
            created.emplace(result.name, fail(Errc{result.error_code}, result.error_message.value_or("")));
        }
    }
    std::vector<AutoTopicResult> results;
    for (const auto& topic : topics) {
        const Topic* existing = image.find_topic(topic.name);
        results.push_back({topic.name, existing ? Result<TopicId>{existing->id} : created.at(topic.name)});
    }
    return {std::move(decision.records), std::move(results)};
}

Result<Decision<std::monostate>> Controller::adopt_topics(const Image& image, const Adoption& adoption) const {
    Decision<std::monostate> decision;
    std::set<std::string, CollisionOrder> names;
    std::set<TopicId> ids;
    for (auto topic : adoption.topics) {
        MOLDAU_TRY(check_adopted(image, topic));
        if (options_.validate_topic_configs) {
            MOLDAU_TRY_ASSIGN(canonical, options_.validate_topic_configs(topic.configs));
            topic.configs = std::move(canonical);
        }
        if (!names.insert(topic.name).second || !ids.insert(topic.id).second) {
            return fail(Errc::kTopicAlreadyExists, "topic '" + topic.name + "' is there twice");
        }
        append_adopted(decision.records, topic, adoption.broker);
    }
    if (adoption.next_producer_id > image.next_producer_id()) {
        ProducerIdsRecord ids_given;
        ids_given.broker_id = adoption.broker.value;
        ids_given.broker_epoch = -1;
        ids_given.next_producer_id = adoption.next_producer_id;
        decision.records.emplace_back(std::move(ids_given));
    }
    return decision;
}

}  // namespace moldau::metadata
