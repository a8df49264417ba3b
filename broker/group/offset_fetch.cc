// OffsetFetch: one group's answer, and the older shapes around it.

#include "group/offset_fetch.h"

#include <utility>

#include "group/shard.h"

namespace moldau::group {
namespace {

constexpr std::int16_t kFirstVersionWithError = 2;
constexpr std::int16_t kFirstVersionWithGroups = 8;

using RequestGroup = wire::OffsetFetchRequest::OffsetFetchRequestGroup;
using ResponseGroup = wire::OffsetFetchResponse::OffsetFetchResponseGroup;
using ResponsePartition = wire::OffsetFetchResponse::OffsetFetchResponsePartitions;

ResponsePartition no_offset(std::int32_t partition, Errc error) {
    ResponsePartition answer;
    answer.partition_index = partition;
    answer.committed_offset = -1;
    answer.committed_leader_epoch = -1;
    answer.metadata = "";
    answer.error_code = kafka_code(error);
    return answer;
}

// `topic_id`: the one asked for, zero when only the name is known. An offset of an earlier topic of that name is none.
ResponsePartition answer_for(std::int32_t partition, const OffsetSlot* slot, const Uuid& topic_id,
                             FetchStability stability) {
    const bool is_unstable = slot && !slot->in_flight.empty();
    if (is_unstable && stability == FetchStability::kRequireStable) return no_offset(partition, Errc::kUnstableOffsetCommit);
    if (!slot || !slot->committed) return no_offset(partition, Errc::kNone);
    const auto& committed = *slot->committed;
    const bool knows_both = !topic_id.is_zero() && !committed.topic_id.is_zero();
    if (knows_both && topic_id != committed.topic_id) return no_offset(partition, Errc::kNone);

    ResponsePartition answer = no_offset(partition, Errc::kNone);
    answer.committed_offset = committed.offset;
    answer.committed_leader_epoch = committed.leader_epoch;
    answer.metadata = committed.metadata;
    return answer;
}

void fetch_all(const OffsetTable& offsets, FetchStability stability, ResponseGroup& response) {
    for (const auto& [name, partitions] : offsets.topics()) {
        wire::OffsetFetchResponse::OffsetFetchResponseTopics topic;
        topic.name = name;
        for (const auto& [partition, slot] : partitions) {
            const bool is_unstable = !slot.in_flight.empty() && stability == FetchStability::kRequireStable;
            if (!slot.committed && !is_unstable) continue;
            if (slot.committed && !slot.committed->topic_id.is_zero()) topic.topic_id = slot.committed->topic_id;
            topic.partitions.push_back(answer_for(partition, &slot, Uuid{}, stability));
        }
        if (!topic.partitions.empty()) response.topics.push_back(std::move(topic));
    }
}

}  // namespace

ResponseGroup fetch_error(const RequestGroup& request, Errc error, std::int16_t version) {
    ResponseGroup response;
    response.group_id = request.group_id;
    response.error_code = kafka_code(error);
    if (version >= kFirstVersionWithError || !request.topics) return response;
    for (const auto& topic : *request.topics) {
        auto& answered = response.topics.emplace_back();
        answered.name = topic.name;
        for (const auto partition : topic.partition_indexes) answered.partitions.push_back(no_offset(partition, error));
    }
    return response;
}

ResponseGroup Shard::fetch_offsets(const RequestGroup& request, FetchStability stability) const {
    // The version that has no place for the error but with each partition gets it there; newer ones ignore those partitions.
    if (const Errc error = refusal(); error != Errc::kNone) return fetch_error(request, error, 1);
    const Group* group = find(request.group_id);
    ResponseGroup response;
    response.group_id = request.group_id;
    if (!request.topics) {
        if (group) fetch_all(group->offsets(), stability, response);
        return response;
    }
    for (const auto& topic : *request.topics) {
        auto& answered = response.topics.emplace_back();
        answered.name = topic.name;
        answered.topic_id = topic.topic_id;
        for (const auto partition : topic.partition_indexes) {
            const OffsetSlot* slot = group ? group->offsets().find(topic.name, partition) : nullptr;
            answered.partitions.push_back(answer_for(partition, slot, topic.topic_id, stability));
        }
    }
    return response;
}

std::vector<RequestGroup> groups_of(const wire::OffsetFetchRequest& request, std::int16_t version) {
    if (version >= kFirstVersionWithGroups) return request.groups;
    RequestGroup group;
    group.group_id = request.group_id;
    group.topics.reset();
    if (request.topics) {
        group.topics.emplace();
        for (const auto& topic : *request.topics) {
            auto& asked = group.topics->emplace_back();
            asked.name = topic.name;
            asked.partition_indexes = topic.partition_indexes;
        }
    }
    return {std::move(group)};
}

wire::OffsetFetchResponse to_response(std::vector<ResponseGroup> groups, std::int16_t version) {
    wire::OffsetFetchResponse response;
    if (version >= kFirstVersionWithGroups) {
        response.groups = std::move(groups);
        return response;
    }
    if (groups.empty()) return response;
    ResponseGroup& group = groups.front();
    response.error_code = group.error_code;
    for (auto& topic : group.topics) {
        auto& answered = response.topics.emplace_back();
        answered.name = std::move(topic.name);
        for (auto& partition : topic.partitions) {
            auto& entry = answered.partitions.emplace_back();
            entry.partition_index = partition.partition_index;
            entry.committed_offset = partition.committed_offset;
            entry.committed_leader_epoch = partition.committed_leader_epoch;
            entry.metadata = std::move(partition.metadata);
            entry.error_code =
                version < kFirstVersionWithError && group.error_code != 0 ? group.error_code : partition.error_code;
        }
    }
    return response;
}

}  // namespace moldau::group
