// DescribeProducers, one partition after the other, each on its core.

#include "administration/describe_producers.h"

#include "administration/lookup.h"

namespace moldau::administration {
namespace {

using Partition = wire::DescribeProducersResponse::PartitionResponse;
using Producers = std::vector<producers::ProducerEntry>;

Task<Result<Producers>> producers_on(Shard& owner, PartitionKey key) {
    auto local = owner.partitions->find(key);
    if (!local) co_return fail(local.error());
    co_return (*local)->partition->log().producers();
}

Task<Result<Producers>> producers_of(Shard& shard, const RequestContext& context, Wanted wanted) {
    MOLDAU_CO_TRY_ASSIGN(key, find_partition(shard, context, wanted));
    auto& owner = shard.node.shard_of(key);
    co_return co_await on_shard(shard, owner, [&] { return producers_on(owner, key); });
}

void describe(const producers::ProducerEntry& producer, Partition& answer) {
    auto& row = answer.active_producers.emplace_back();
    row.producer_id = producer.id.value;
    row.producer_epoch = producer.epoch.value;
    row.last_sequence = producer.last_sequence;
    row.last_timestamp = producer.timestamp;
    row.coordinator_epoch = producer.coordinator_epoch;
    row.current_txn_start_offset = producer.transaction_first_offset.value;
}

}  // namespace

Task<wire::DescribeProducersResponse> handle_describe_producers(Shard& shard, RequestContext& context,
                                                                wire::DescribeProducersRequest request) {
    wire::DescribeProducersResponse response;
    for (const auto& topic : request.topics) {
        auto& topic_answer = response.topics.emplace_back();
        topic_answer.name = topic.name;
        for (const auto index : topic.partition_indexes) {
            auto& answer = topic_answer.partitions.emplace_back();
            answer.partition_index = index;
            const auto producers = co_await producers_of(shard, context, {topic.name, index, security::Operation::kRead});
            if (!producers) {
                answer.error_code = kafka_code(producers.error().code);
                answer.error_message = std::string(errc_text(producers.error().code));
                continue;
            }
            for (const auto& producer : *producers) describe(producer, answer);
        }
    }
    co_return response;
}

}  // namespace moldau::administration
