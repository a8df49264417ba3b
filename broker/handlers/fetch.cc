// Fetch: from the request to its targets, and from what was read to the answer.

#include "handlers/fetch.h"

#include <algorithm>
#include <utility>

#include "handlers/fetch_run.h"

namespace moldau::handlers {
namespace {

using wire::FetchRequest;
using wire::FetchResponse;
using Opened = FetchSessions::Opened;

constexpr std::int16_t kFirstVersionWithIds = 13;
constexpr std::size_t kAnswerBudgetsMax = 4;

std::optional<Error> refuse(const RequestContext& context, const FetchTarget& target, const metadata::Topic* topic) {
    if (topic == nullptr) {
        return Error{context.api_version >= kFirstVersionWithIds ? Errc::kUnknownTopicId : Errc::kUnknownTopicOrPartition,
                     {}};
    }
    if (!context.may_on_topic(security::Operation::kRead, topic->name)) return Error{Errc::kTopicAuthorizationFailed, {}};
    if (topic->find(target.index) == nullptr) return Error{Errc::kUnknownTopicOrPartition, {}};
    return std::nullopt;
}

std::vector<FetchPart> parts_of(Shard& shard, const RequestContext& context, std::vector<FetchTarget> targets) {
    std::vector<FetchPart> parts;
    parts.reserve(targets.size());
    for (auto& target : targets) {
        auto& part = parts.emplace_back();
        part.target = std::move(target);
        const auto* topic = context.api_version >= kFirstVersionWithIds ? shard.image->find_topic(part.target.topic_id)
                                                                        : shard.image->find_topic(part.target.topic);
        part.error = refuse(context, part.target, topic);
        if (part.error) continue;
        part.key = {topic->id, part.target.index};
        part.owner = &shard.node.shard_of(part.key);
    }
    return parts;
}

FetchLimits limits_of(const Shard& shard, const FetchRequest& request) {
    const auto server_max = static_cast<std::size_t>(shard.values()->integer("fetch.max.bytes"));
    FetchLimits limits;
    limits.bytes_min = static_cast<std::size_t>(std::max(request.min_bytes, 0));
    limits.bytes_max = std::min(static_cast<std::size_t>(std::max(request.max_bytes, 0)), server_max);
    // More than the budget is given to one answer alone, but only so much more.
    limits.bytes_max = std::min(limits.bytes_max, kAnswerBudgetsMax * shard.answer_memory.total());
    limits.bytes_min = std::min(limits.bytes_min, limits.bytes_max);
    limits.deadline = shard.executor.now().mono + Millis{std::max(request.max_wait_ms, 0)};
    if (request.isolation_level == 1) limits.isolation = replica::Isolation::kReadCommitted;
    return limits;
}

void answer_part(const FetchPart& part, replica::Isolation isolation, FetchResponse::PartitionData& answer) {
    answer.partition_index = part.target.index.value;
    answer.records = part.fetched.batches;
    answer.aborted_transactions.reset();
    if (part.error) {
        answer.error_code = kafka_code(part.error->code);
        answer.high_watermark = -1;
        return;
    }
    const auto& bounds = part.fetched.bounds;
    answer.high_watermark = bounds.high_watermark.value;
    answer.last_stable_offset = bounds.last_stable_offset.value;
    answer.log_start_offset = bounds.log_start_offset.value;
    if (isolation == replica::Isolation::kReadCommitted) {
        auto& list = answer.aborted_transactions.emplace();
        for (const auto& aborted : part.fetched.aborted) {
            auto& row = list.emplace_back();
            row.producer_id = aborted.producer.value;
            row.first_offset = aborted.first.value;
        }
    }
    if (!part.diverging) return;
    answer.diverging_epoch.epoch = part.diverging->epoch.value;
    answer.diverging_epoch.end_offset = part.diverging->end.value;
}

// Parts of one topic that follow one another share a row.
FetchResponse::PartitionData& add_row(FetchResponse& response, const FetchTarget& target) {
    auto& topics = response.responses;
    if (topics.empty() || topics.back().topic != target.topic || topics.back().topic_id != target.topic_id.value) {
        auto& topic = topics.emplace_back();
        topic.topic = target.topic;
        topic.topic_id = target.topic_id.value;
    }
    return topics.back().partitions.emplace_back();
}

FetchResponse answer(Shard& shard, const Opened& opened, const std::vector<FetchPart>& parts, replica::Isolation isolation) {
    FetchResponse response;
    response.session_id = opened.session ? opened.session->id : 0;
    for (const auto& part : parts) {
        FetchResponse::PartitionData row;
        answer_part(part, isolation, row);
        shard.counters.fetch_bytes += part.fetched.batches.size();
        if (row.error_code != 0) ++shard.counters.fetch_errors;
        bool needed = true;
        if (opened.session) {
            needed = opened.session->note_answer(
                part.target, {row.high_watermark, row.log_start_offset, part.fetched.batches.size(), row.error_code});
        }
        if (needed || part.diverging || opened.kind == Opened::Kind::kFull) add_row(response, part.target) = std::move(row);
    }
    return response;
}

FetchResponse refuse_all(Errc code) {
    FetchResponse response;
    response.error_code = kafka_code(code);
    return response;
}

}  // namespace

Task<FetchResponse> handle_fetch(Shard& shard, RequestContext& context, FetchRequest request) {
    // Replicas come with a later version: one that asks is not of this cluster.
    if (request.replica_id >= 0 || request.replica_state.replica_id >= 0) co_return refuse_all(Errc::kInvalidRequest);
    const auto now = shard.executor.now().mono;
    // Numbers of one core never meet those of another.
    const auto cores = shard.node.shards.size();
    const auto number = (shard.random.next_u64() % (std::uint64_t{0x7fffffff} / cores - 1)) * cores + shard.index;
    auto opened = shard.sessions.open(request, context.api_version,
                                      static_cast<std::int32_t>(std::max<std::uint64_t>(number, 1)), now);
    if (!opened) co_return refuse_all(opened.error().code);

    const auto limits = limits_of(shard, request);
    const auto session = opened->session;
    if (session) ++session->busy;
    FetchRun run{shard, context, limits, parts_of(shard, context, std::move(opened->targets))};
    co_await run.run();
    if (session) --session->busy;
    co_return answer(shard, *opened, run.parts(), limits.isolation);
}

}  // namespace moldau::handlers
