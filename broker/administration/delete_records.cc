// DeleteRecords, one partition after the other, each on its core.

#include "administration/delete_records.h"

#include <algorithm>

#include "administration/lookup.h"
#include "base/check.h"

namespace moldau::administration {
namespace {

constexpr std::int64_t kHighWatermark = -1;
constexpr Millis kTimeMin{1000};  // what is decided takes milliseconds: nobody is told sooner that it did not happen

// What Kafka's own topics hold is not for clients to shorten, and what is kept per key is not deleted by offset.
Result<void> may_be_shortened(const metadata::Topic& topic, const settings::Values& broker) {
    if (topic.internal) return fail(Errc::kInvalidTopicException);
    const auto* setting = settings::find_topic_setting("cleanup.policy");
    CHECK(setting != nullptr);
    const auto policies =
        settings::to_list(settings::effective_topic_value(*setting, topic.configs, broker).value.value_or(""));
    if (std::ranges::find(policies, "delete") == policies.end()) return fail(Errc::kPolicyViolation);
    return {};
}

Task<Result<Offset>> move_start(replica::Partition& partition, std::int64_t asked) {
    const auto high_watermark = partition.bounds().high_watermark;
    const auto offset = asked == kHighWatermark ? high_watermark : Offset{asked};
    if (offset < Offset{0} || offset > high_watermark) co_return fail(Errc::kOffsetOutOfRange);
    MOLDAU_CO_TRY(co_await partition.log().advance_start(offset));
    co_return partition.log().log_start_offset();
}

Task<Result<Offset>> delete_on(Shard& owner, PartitionKey key, std::int64_t offset) {
    auto local = owner.partitions->find(key);
    if (!local) co_return fail(local.error());
    auto& partition = *(*local)->partition;
    MOLDAU_CO_TRY_ASSIGN(start, co_await partition.guarded([&] { return move_start(partition, offset); }));
    MOLDAU_CO_TRY(co_await owner.partitions->save_log_starts((*local)->dir));
    co_return start;
}

Task<Result<Offset>> delete_records(Shard& shard, const RequestContext& context, Wanted wanted, std::int64_t offset) {
    MOLDAU_CO_TRY_ASSIGN(key, find_partition(shard, context, wanted));
    MOLDAU_CO_TRY(may_be_shortened(*shard.image->find_topic(key.topic), *shard.values()));
    auto& owner = shard.node.shard_of(key);
    co_return co_await on_shard(shard, owner, [&] { return delete_on(owner, key, offset); });
}

// What the log says of itself is told in the protocol's words.
Errc code_of(const Error& error) {
    if (error.code == Errc::kIo || error.code == Errc::kCorrupt) return Errc::kKafkaStorageError;
    return error.code;
}

}  // namespace

Task<wire::DeleteRecordsResponse> handle_delete_records(Shard& shard, RequestContext& context,
                                                        wire::DeleteRecordsRequest request) {
    const auto deadline = shard.executor.now().mono + std::max(Millis{request.timeout_ms}, kTimeMin);
    wire::DeleteRecordsResponse response;
    for (const auto& topic : request.topics) {
        auto& topic_answer = response.topics.emplace_back();
        topic_answer.name = topic.name;
        for (const auto& partition : topic.partitions) {
            auto& answer = topic_answer.partitions.emplace_back();
            answer.partition_index = partition.partition_index;
            answer.low_watermark = -1;
            Result<Offset> start = fail(Errc::kRequestTimedOut);
            if (shard.executor.now().mono < deadline) {
                start = co_await delete_records(
                    shard, context, {topic.name, partition.partition_index, security::Operation::kDelete}, partition.offset);
            }
            if (start)
                answer.low_watermark = start->value;
            else
                answer.error_code = kafka_code(code_of(start.error()));
        }
    }
    co_return response;
}

}  // namespace moldau::administration
