// The verb CreatePartitions.

#include <map>
#include <set>
#include <string>

#include "metadata/topic_draft.h"

namespace moldau::metadata {
namespace {

using Request = wire::CreatePartitionsRequest;
using Response = wire::CreatePartitionsResponse;

Result<std::vector<ReplicaPlacement>> place_by_hand(Placement& placement, const Topic& topic,
                                                    const std::vector<Request::CreatePartitionsAssignment>& assignments,
                                                    std::size_t added) {
    if (assignments.size() != added) {
        return fail(Errc::kInvalidReplicaAssignment, "the count adds " + std::to_string(added) + " partitions, but " +
                                                         std::to_string(assignments.size()) + " are assigned");
    }
    std::vector<ReplicaPlacement> placed;
    for (const auto& assignment : assignments) {
        MOLDAU_TRY_ASSIGN(partition, placement.assign(assignment.broker_ids));
        if (static_cast<std::int16_t>(partition.replicas.size()) != topic.replication_factor()) {
            return fail(Errc::kInvalidReplicaAssignment,
                        "an assigned partition has " + std::to_string(partition.replicas.size()) +
                            " replicas, the topic's others have " + std::to_string(topic.replication_factor()));
        }
        placed.push_back(std::move(partition));
    }
    return placed;
}

}  // namespace

Result<void> Controller::add_partitions(Draft& draft, const Request::CreatePartitionsTopic& topic) const {
    const Topic* existing = draft.image.find_topic(topic.name);
    if (!existing) return fail(Errc::kUnknownTopicOrPartition, "there is no topic '" + topic.name + "'");
    const auto count = static_cast<std::int64_t>(existing->partitions.size());
    if (topic.count <= count) {
        return fail(Errc::kInvalidPartitions, "the topic has " + std::to_string(count) + " partitions; a count of " +
                                                  std::to_string(topic.count) + " adds none");
    }
    const std::int64_t added = topic.count - count;
    MOLDAU_TRY(draft.take_partitions(added));
    PlacementRequest request;
    request.partition_first = static_cast<std::int32_t>(count);
    request.partition_count = static_cast<std::int32_t>(added);
    request.replication_factor = existing->replication_factor();
    auto placed = topic.assignments
                      ? place_by_hand(draft.placement, *existing, *topic.assignments, static_cast<std::size_t>(added))
                      : draft.placement.place(request);
    if (!placed) return fail(std::move(placed).error());
    for (std::size_t index = 0; index < placed->size(); ++index) {
        draft.add_partition(existing->id, static_cast<std::size_t>(count) + index, (*placed)[index]);
    }
    return {};
}

Decision<Response> Controller::create_partitions(const Image& image, const Request& request) const {
    const WantedIds no_ids;
    Draft draft{.image = image, .ids = no_ids, .partitions_left = options_.partitions_per_request_max};
    std::map<std::string_view, std::size_t> counts;
    for (const auto& topic : request.topics) ++counts[topic.name];
    std::set<std::string_view> answered;
    Response response;
    for (const auto& topic : request.topics) {
        if (!answered.insert(topic.name).second) continue;
        auto& result = response.results.emplace_back();
        result.name = topic.name;
        const Result<void> added = counts[topic.name] > 1 ? fail(Errc::kInvalidRequest, "the request names the topic twice")
                                                          : add_partitions(draft, topic);
        if (!added) {
            result.error_code = kafka_code(added.error().code);
            result.error_message = added.error().context;
        }
    }
    if (request.validate_only) draft.records.clear();
    return {std::move(draft.records), std::move(response)};
}

}  // namespace moldau::metadata
