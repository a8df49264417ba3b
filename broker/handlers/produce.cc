// Produce, partition by partition: find, validate on the partition's core, append, wait.

#include "handlers/produce.h"

#include <algorithm>
#include <utility>

#include "base/task_group.h"
#include "handlers/shard.h"

namespace moldau::handlers {
namespace {

using wire::ProduceRequest;
using wire::ProduceResponse;
using TopicData = ProduceRequest::TopicProduceData;
using PartitionData = ProduceRequest::PartitionProduceData;
using PartitionResponse = ProduceResponse::PartitionProduceResponse;

// Kafka's tools write to internal topics under this name only.
constexpr std::string_view kAdminClientId = "__admin_client";

struct Terms {
    replica::Acks acks;
    MonoTime deadline;
    std::int16_t version;
};

void refuse(PartitionResponse& response, const Error& error) {
    response.error_code = kafka_code(error.code);
    response.base_offset = -1;
    if (!error.context.empty()) response.error_message = error.context;
}

void refuse(PartitionResponse& response, wire::ValidationError error) {
    refuse(response, error.error);
    for (auto& record : error.record_errors) {
        auto& row = response.record_errors.emplace_back();
        row.batch_index = record.batch_index;
        row.batch_index_error_message = std::move(record.message);
    }
}

void count(HandlerCounters& counters, const wire::BatchHeader& header) {
    ++counters.produce_batches;
    counters.produce_records += static_cast<std::uint64_t>(header.record_count);
    counters.produce_bytes += header.size_bytes();
}

// On the partition's core.
Task<void> append(Shard& shard, const PartitionKey key, const bytes::View records, const Terms terms,
                  PartitionResponse& response) {
    auto local = shard.partitions->find(key);
    if (!local) co_return refuse(response, local.error());
    if (auto admitted = shard.partitions->admit(**local); !admitted) co_return refuse(response, admitted.error());
    auto options = (*local)->settings->validation;
    options.now = shard.executor.now().wall;
    options.produce_version = terms.version;
    auto batch = shard.validator.validate_for_append(records, options);
    if (!batch) co_return refuse(response, std::move(batch).error());
    if (batch->header.attributes.is_transactional()) {
        co_return refuse(response, Error{Errc::kInvalidTxnState, "transactions are not part of this version"});
    }
    auto& partition = *(*local)->partition;
    if (terms.acks == replica::Acks::kAll && (*local)->settings->min_insync_replicas > 1) {
        co_return refuse(response,
                         Error{Errc::kNotEnoughReplicas, "one replica is in sync, min.insync.replicas asks for more"});
    }
    const auto header = batch->header;
    auto range = co_await partition.append(*std::move(batch), terms.acks, terms.deadline);
    if (!range) co_return refuse(response, range.error());
    count(shard.counters, header);
    response.base_offset = range->base.value;
    response.log_append_time_ms = range->append_timestamp;
    response.log_start_offset = partition.bounds().log_start_offset.value;
}

// From the connection's core.
Task<void> append_from(Shard& home, PartitionKey key, bytes::View records, Terms terms, PartitionResponse& response) {
    auto& target = home.node.shard_of(key);
    if (&target == &home) {
        co_await append(home, key, records, terms, response);
    } else {
        co_await on_shard(home, target, [&] { return append(target, key, records, terms, response); });
    }
    if (response.error_code != 0) ++home.counters.produce_errors;
}

// Why no partition of the topic can be written to; nullopt when they can.
std::optional<Error> refuse_topic(const RequestContext& context, const TopicData& data, const metadata::Topic* topic) {
    if (topic == nullptr) {
        return Error{data.topic_id.is_zero() ? Errc::kUnknownTopicOrPartition : Errc::kUnknownTopicId, {}};
    }
    if (!context.may_on_topic(security::Operation::kWrite, topic->name)) return Error{Errc::kTopicAuthorizationFailed, {}};
    if (topic->internal && context.client_id != kAdminClientId) {
        return Error{Errc::kInvalidTopicException, "clients may not write to internal topics"};
    }
    return std::nullopt;
}

std::optional<Error> refuse_request(const ProduceRequest& request) {
    if (request.transactional_id) {
        return Error{Errc::kTransactionalIdAuthorizationFailed, "transactions are not part of this version"};
    }
    if (request.acks < -1 || request.acks > 1) return Error{Errc::kInvalidRequiredAcks, {}};
    return std::nullopt;
}

// Starts the appends of one topic; refusals are in the response at once.
void start_topic(Shard& shard, const RequestContext& context, TopicData& data, const std::optional<Error>& refusal,
                 Terms terms, ProduceResponse::TopicProduceResponse& response, TaskGroup& group) {
    const auto* topic =
        data.topic_id.is_zero() ? shard.image->find_topic(data.name) : shard.image->find_topic(TopicId{data.topic_id});
    response.name = data.name;
    response.topic_id = data.topic_id;
    response.partition_responses.resize(data.partition_data.size());
    const auto topic_refusal = refusal ? refusal : refuse_topic(context, data, topic);
    for (std::size_t place = 0; place < data.partition_data.size(); ++place) {
        auto& partition = data.partition_data[place];
        auto& answer = response.partition_responses[place];
        answer.index = partition.index;
        if (topic_refusal) {
            refuse(answer, *topic_refusal);
            continue;
        }
        if (topic->find(PartitionIndex{partition.index}) == nullptr) {
            refuse(answer, Error{Errc::kUnknownTopicOrPartition, {}});
            continue;
        }
        const PartitionKey key{topic->id, PartitionIndex{partition.index}};
        auto records = partition.records ? partition.records->flatten() : bytes::View{};
        group.start(append_from(shard, key, std::move(records), terms, answer));
    }
}

bool has_failed(const ProduceResponse& response) {
    return std::ranges::any_of(response.responses, [](const auto& topic) {
        return std::ranges::any_of(topic.partition_responses,
                                   [](const auto& partition) { return partition.error_code != 0; });
    });
}

}  // namespace

Task<Result<std::optional<ProduceResponse>>> handle_produce(Shard& shard, RequestContext& context, ProduceRequest request) {
    const auto refusal = refuse_request(request);
    const Terms terms{static_cast<replica::Acks>(request.acks),
                      shard.executor.now().mono + Millis{std::max(request.timeout_ms, 0)}, context.api_version};
    ProduceResponse response;
    response.responses.resize(request.topic_data.size());
    TaskGroup group;
    for (std::size_t place = 0; place < request.topic_data.size(); ++place) {
        start_topic(shard, context, request.topic_data[place], refusal, terms, response.responses[place], group);
    }
    co_await group.stop();
    if (request.acks != 0) co_return std::optional(std::move(response));
    if (has_failed(response)) co_return fail(Errc::kNetworkException, "a produce without acknowledgement failed");
    co_return std::optional<ProduceResponse>{};
}

}  // namespace moldau::handlers
