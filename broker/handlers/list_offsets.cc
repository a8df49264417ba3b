// ListOffsets, one partition after the other, each on its core.

#include "handlers/list_offsets.h"

#include "handlers/shard.h"

namespace moldau::handlers {
namespace {

using wire::ListOffsetsRequest;
using wire::ListOffsetsResponse;

constexpr std::int16_t kFirstVersionWithEpoch = 4;

enum Special : std::int64_t {
    kLatest = -1,
    kEarliest = -2,
    kMaxTimestamp = -3,
    kEarliestLocal = -4,
    kLatestTiered = -5,
    kEarliestPendingUpload = -6,
};

struct Query {
    std::int64_t timestamp;
    LeaderEpoch current_leader_epoch;
    replica::Isolation isolation;
};

using Found = Result<std::optional<log::TimestampedOffset>>;

log::TimestampedOffset at(const log::Log& log, Offset offset) { return {-1, offset, log.epoch_at(offset)}; }

Task<Found> look_up(replica::Partition& partition, Query query) {
    auto& log = partition.log();
    const auto bounds = partition.bounds();
    const auto end =
        query.isolation == replica::Isolation::kReadCommitted ? bounds.last_stable_offset : bounds.high_watermark;
    switch (query.timestamp) {
        case kLatest:
            co_return log::TimestampedOffset{-1, end, partition.leader_epoch()};
        case kEarliest:
            co_return at(log, log.log_start_offset());
        case kEarliestLocal:
            co_return at(log, log.local_log_start_offset());
        case kMaxTimestamp:
            co_return co_await log.find_max_timestamp(end);
        case kLatestTiered:
        case kEarliestPendingUpload:
            co_return std::nullopt;  // there is no tiered storage
        default:
            break;
    }
    if (query.timestamp < 0) co_return fail(Errc::kUnsupportedVersion, "no such special timestamp");
    co_return co_await log.find_timestamp(query.timestamp, end);
}

Task<Found> look_up_on(Shard& shard, PartitionKey key, Query query) {
    auto local = shard.partitions->find(key);
    if (!local) co_return fail(local.error());
    MOLDAU_CO_TRY((*local)->partition->check_epoch(query.current_leader_epoch));
    co_return co_await (*local)->partition->guarded([&] { return look_up(*(*local)->partition, query); });
}

Result<PartitionKey> key_of(const Shard& shard, const RequestContext& context, const std::string& name, std::int32_t index) {
    if (!context.may_on_topic(security::Operation::kDescribe, name)) return fail(Errc::kTopicAuthorizationFailed);
    const auto* topic = shard.image->find_topic(name);
    if (topic == nullptr || topic->find(PartitionIndex{index}) == nullptr) return fail(Errc::kUnknownTopicOrPartition);
    return PartitionKey{topic->id, PartitionIndex{index}};
}

}  // namespace

Task<ListOffsetsResponse> handle_list_offsets(Shard& shard, RequestContext& context, ListOffsetsRequest request) {
    ListOffsetsResponse response;
    const auto isolation =
        request.isolation_level == 1 ? replica::Isolation::kReadCommitted : replica::Isolation::kReadUncommitted;
    for (const auto& topic : request.topics) {
        auto& topic_answer = response.topics.emplace_back();
        topic_answer.name = topic.name;
        for (const auto& partition : topic.partitions) {
            auto& answer = topic_answer.partitions.emplace_back();
            answer.partition_index = partition.partition_index;
            const auto key = key_of(shard, context, topic.name, partition.partition_index);
            if (!key) {
                answer.error_code = kafka_code(key.error().code);
                continue;
            }
            const Query query{partition.timestamp, LeaderEpoch{partition.current_leader_epoch}, isolation};
            auto& owner = shard.node.shard_of(*key);
            const auto found = co_await on_shard(shard, owner, [&] { return look_up_on(owner, *key, query); });
            if (!found) {
                answer.error_code = kafka_code(found.error().code);
            } else if (*found) {
                answer.timestamp = (*found)->timestamp;
                answer.offset = (*found)->offset.value;
                if (context.api_version >= kFirstVersionWithEpoch) answer.leader_epoch = (*found)->epoch.value;
            }
        }
    }
    co_return response;
}

}  // namespace moldau::handlers
