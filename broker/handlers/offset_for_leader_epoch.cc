// OffsetForLeaderEpoch, one partition after the other, each on its core.

#include "handlers/offset_for_leader_epoch.h"

#include "handlers/shard.h"

namespace moldau::handlers {
namespace {

Task<Result<log::EpochEnd>> end_of_epoch(Shard& shard, PartitionKey key, LeaderEpoch current, LeaderEpoch asked) {
    auto local = shard.partitions->find(key);
    if (!local) co_return fail(local.error());
    const auto& partition = *(*local)->partition;
    MOLDAU_CO_TRY(partition.check_epoch(current));
    // The newest epoch ends where consumers may read to.
    if (asked == partition.leader_epoch()) co_return log::EpochEnd{asked, partition.bounds().high_watermark};
    co_return partition.log().end_of_epoch(asked);
}

}  // namespace

Task<wire::OffsetForLeaderEpochResponse> handle_offset_for_leader_epoch(Shard& shard, RequestContext& context,
                                                                        wire::OffsetForLeaderEpochRequest request) {
    wire::OffsetForLeaderEpochResponse response;
    const auto image = shard.image;  // keeps what `known` points to while this waits
    for (const auto& topic : request.topics) {
        auto& topic_answer = response.topics.emplace_back();
        topic_answer.topic = topic.topic;
        const bool allowed = context.may_on_topic(security::Operation::kDescribe, topic.topic);
        const auto* known = image->find_topic(topic.topic);
        for (const auto& partition : topic.partitions) {
            auto& answer = topic_answer.partitions.emplace_back();
            answer.partition = partition.partition;
            const PartitionIndex index{partition.partition};
            if (!allowed || known == nullptr || known->find(index) == nullptr) {
                answer.error_code = kafka_code(allowed ? Errc::kUnknownTopicOrPartition : Errc::kTopicAuthorizationFailed);
                continue;
            }
            const PartitionKey key{known->id, index};
            auto& owner = shard.node.shard_of(key);
            const auto end = co_await on_shard(shard, owner, [&] {
                return end_of_epoch(owner, key, LeaderEpoch{partition.current_leader_epoch},
                                    LeaderEpoch{partition.leader_epoch});
            });
            if (!end) {
                answer.error_code = kafka_code(end.error().code);
                continue;
            }
            answer.leader_epoch = end->epoch.value;
            answer.end_offset = end->end.value;
        }
    }
    co_return response;
}

}  // namespace moldau::handlers
