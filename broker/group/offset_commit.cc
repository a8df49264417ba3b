// OffsetCommit: from a request to records and slots.

#include <limits>
#include <utility>

#include "group/partition.h"
#include "group/records.h"
#include "group/shard.h"
#include "group/shard_step.h"

namespace moldau::group {
namespace {

constexpr std::int16_t kLastVersionWithRetention = 4;
constexpr std::int16_t kFirstVersionWithGroupNotFound = 9;

using RequestPartition = wire::OffsetCommitRequest::OffsetCommitRequestPartition;

// The answer with `error` for every partition.
wire::OffsetCommitResponse commit_response(const wire::OffsetCommitRequest& request, Errc error) {
    wire::OffsetCommitResponse response;
    for (const auto& topic : request.topics) {
        auto& answered = response.topics.emplace_back();
        answered.name = topic.name;
        answered.topic_id = topic.topic_id;
        for (const auto& partition : topic.partitions) {
            auto& entry = answered.partitions.emplace_back();
            entry.partition_index = partition.partition_index;
            entry.error_code = kafka_code(error);
        }
    }
    return response;
}

std::optional<std::int64_t> expire_timestamp(std::int64_t retention_ms, std::int16_t version, std::int64_t now) {
    if (version > kLastVersionWithRetention || retention_ms == -1) return std::nullopt;
    if (retention_ms > std::numeric_limits<std::int64_t>::max() - now) return std::numeric_limits<std::int64_t>::max();
    return now + retention_ms;
}

Errc check_partition(const RequestPartition& partition, const ShardOptions& options) {
    const bool is_too_large =
        partition.committed_metadata && utf16_length(*partition.committed_metadata) > options.offset_metadata_max;
    return is_too_large ? Errc::kOffsetMetadataTooLarge : Errc::kNone;
}

}  // namespace

Result<Group*> Shard::admit_commit(ShardStep& step, std::int16_t version, const wire::OffsetCommitRequest& request) {
    if (const Errc error = refusal(); error != Errc::kNone) return fail(error);
    if (in_flight_.size() >= options_.writes_in_flight_max) return fail(Errc::kCoordinatorLoadInProgress);
    Group* group = lookup(request.group_id);
    if (!group) {
        if (request.generation_id_or_member_epoch >= 0) {
            return fail(version >= kFirstVersionWithGroupNotFound ? Errc::kGroupIdNotFound : Errc::kIllegalGeneration);
        }
        if (groups_.size() >= options_.groups_max) return fail(Errc::kCoordinatorNotAvailable);
        return &find_or_create(request.group_id);
    }
    if (const Errc error = group->admit_commit(step, request); error != Errc::kNone) return fail(error);
    return group;
}

Outputs Shard::commit_offsets(RequestToken token, std::int16_t version, const wire::OffsetCommitRequest& request, Now now) {
    ShardStep step{now, options_, in_flight_, last_write_};
    const auto admitted = admit_commit(step, version, request);
    if (!admitted) {
        step.reply(token, commit_response(request, admitted.error().code));
        return finish(step);
    }
    Group& group = **admitted;
    auto response = commit_response(request, Errc::kNone);
    std::vector<Record> records;
    std::vector<std::pair<OffsetSlotKey, CommittedOffset>> accepted;
    const std::int64_t timestamp = to_timestamp(now.wall);
    const auto expiry = expire_timestamp(request.retention_time_ms, version, timestamp);
    for (std::size_t t = 0; t < request.topics.size(); ++t) {
        const auto& topic = request.topics[t];
        for (std::size_t p = 0; p < topic.partitions.size(); ++p) {
            const auto& partition = topic.partitions[p];
            Errc error = check_partition(partition, options_);
            const bool is_full = group.offsets().size() + accepted.size() >= options_.offsets_per_group_max;
            if (is_full && !group.offsets().find(topic.name, partition.partition_index))
                error = Errc::kInvalidCommitOffsetSize;
            response.topics[t].partitions[p].error_code = kafka_code(error);
            if (error != Errc::kNone) continue;
            CommittedOffset offset{partition.committed_offset,
                                   std::max(partition.committed_leader_epoch, -1),
                                   partition.committed_metadata.value_or(""),
                                   timestamp,
                                   expiry,
                                   topic.topic_id};
            records.push_back(offset_record(group.id(), topic.name, partition.partition_index, offset));
            accepted.emplace_back(OffsetSlotKey{topic.name, partition.partition_index}, std::move(offset));
        }
    }
    if (!records.empty()) {
        auto [id, write] = step.begin_write(group.id(), std::move(records));
        for (auto& [slot, offset] : accepted) {
            group.offsets().begin(slot.topic, slot.partition, id, std::move(offset));
            write.offsets.push_back(std::move(slot));
        }
    }
    step.reply_after_writes(token, std::move(response));
    settle(request.group_id);
    return finish(step);
}

}  // namespace moldau::group
