// Offsets of groups: topics are checked and named here, the machine keeps the numbers.

#include "coordinator/offsets.h"

#include <algorithm>
#include <utility>

#include "coordinator/ask.h"
#include "group/offset_fetch.h"

namespace moldau::coordinator {
namespace {

using security::Operation;
using wire::OffsetCommitRequest;
using wire::OffsetCommitResponse;
using wire::OffsetDeleteRequest;
using wire::OffsetDeleteResponse;
using wire::OffsetFetchRequest;
using wire::OffsetFetchResponse;
using CommitTopic = OffsetCommitRequest::OffsetCommitRequestTopic;
using DeleteTopic = OffsetDeleteRequest::OffsetDeleteRequestTopic;
using FetchGroup = OffsetFetchRequest::OffsetFetchRequestGroup;
using FetchedGroup = OffsetFetchResponse::OffsetFetchResponseGroup;

constexpr std::int16_t kFirstCommitWithIds = 10;
constexpr std::int16_t kFirstFetchWithIds = 10;

void answer_all(const CommitTopic& topic, Errc code, OffsetCommitResponse& response) {
    auto& answer = response.topics.emplace_back();
    answer.name = topic.name;
    answer.topic_id = topic.topic_id;
    for (const auto& partition : topic.partitions) {
        auto& row = answer.partitions.emplace_back();
        row.partition_index = partition.partition_index;
        row.error_code = kafka_code(code);
    }
}

// Gives the topic its other name; says why it cannot be committed to.
Errc resolve(const Shard& shard, const RequestContext& context, CommitTopic& topic) {
    const bool by_id = context.api_version >= kFirstCommitWithIds;
    const auto* known = by_id ? shard.image->find_topic(TopicId{topic.topic_id}) : shard.image->find_topic(topic.name);
    if (by_id && known == nullptr) return Errc::kUnknownTopicId;
    if (by_id) topic.name = known->name;
    if (!context.may_on_topic(Operation::kRead, topic.name)) return Errc::kTopicAuthorizationFailed;
    if (known == nullptr) return Errc::kUnknownTopicOrPartition;
    topic.topic_id = known->id.value;
    return Errc::kNone;
}

// Takes the partitions that do not exist out of `topic` and answers them.
void take_unknown_partitions(const Shard& shard, CommitTopic& topic, OffsetCommitResponse& response) {
    const auto* known = shard.image->find_topic(topic.name);
    CommitTopic unknown;
    unknown.name = topic.name;
    unknown.topic_id = topic.topic_id;
    std::erase_if(topic.partitions, [&](const auto& partition) {
        if (known->find(PartitionIndex{partition.partition_index}) != nullptr) return false;
        unknown.partitions.push_back(partition);
        return true;
    });
    if (!unknown.partitions.empty()) answer_all(unknown, Errc::kUnknownTopicOrPartition, response);
}

// Takes what may not be deleted, or does not exist, out of `topic` and answers it.
void take_undeletable(const Shard& shard, const RequestContext& context, DeleteTopic& topic, OffsetDeleteResponse& refused) {
    const bool allowed = context.may_on_topic(Operation::kRead, topic.name);
    const auto* known = shard.image->find_topic(topic.name);
    auto& answer = refused.topics.emplace_back();
    answer.name = topic.name;
    std::erase_if(topic.partitions, [&](const auto& partition) {
        const PartitionIndex index{partition.partition_index};
        if (allowed && known != nullptr && known->find(index) != nullptr) return false;
        auto& row = answer.partitions.emplace_back();
        row.partition_index = partition.partition_index;
        row.error_code = kafka_code(allowed ? Errc::kUnknownTopicOrPartition : Errc::kTopicAuthorizationFailed);
        return true;
    });
    if (answer.partitions.empty()) refused.topics.pop_back();
}

// Rows of one topic become one, in the request's order of topics.
template <class Response>
void merge_into(Response& response, Response more) {
    for (auto& topic : more.topics) {
        const auto same = std::ranges::find_if(response.topics, [&](const auto& row) { return row.name == topic.name; });
        if (same == response.topics.end()) {
            response.topics.push_back(std::move(topic));
        } else {
            std::ranges::move(topic.partitions, std::back_inserter(same->partitions));
        }
    }
}

Errc resolve_fetch(const Shard& shard, const RequestContext& context, FetchGroup& group, FetchedGroup& refused) {
    if (!context.may_on_group(Operation::kDescribe, group.group_id)) return Errc::kGroupAuthorizationFailed;
    if (!group.topics) return Errc::kNone;
    std::erase_if(*group.topics, [&](auto& topic) {
        const bool by_id = context.api_version >= kFirstFetchWithIds;
        const auto* known = by_id ? shard.image->find_topic(TopicId{topic.topic_id}) : shard.image->find_topic(topic.name);
        if (by_id && known != nullptr) topic.name = known->name;
        if (!by_id && known != nullptr) topic.topic_id = known->id.value;
        const bool allowed = context.may_on_topic(Operation::kDescribe, topic.name);
        if (allowed && (!by_id || known != nullptr)) return false;
        auto& answer = refused.topics.emplace_back();
        answer.name = topic.name;
        answer.topic_id = topic.topic_id;
        for (const auto index : topic.partition_indexes) {
            auto& row = answer.partitions.emplace_back();
            row.partition_index = index;
            row.committed_offset = -1;
            row.committed_leader_epoch = -1;
            row.metadata = "";
            row.error_code = kafka_code(allowed ? Errc::kUnknownTopicId : Errc::kTopicAuthorizationFailed);
        }
        return true;
    });
    return Errc::kNone;
}

// All offsets of a group may name topics that are gone or hidden, and lack ids.
void complete_ids(const Shard& shard, const RequestContext& context, FetchedGroup& group) {
    std::erase_if(group.topics, [&](const auto& topic) { return !context.may_on_topic(Operation::kDescribe, topic.name); });
    if (context.api_version < kFirstFetchWithIds) return;
    for (auto& topic : group.topics) {
        const auto* known = shard.image->find_topic(topic.name);
        if (topic.topic_id.is_zero() && known != nullptr) topic.topic_id = known->id.value;
    }
    std::erase_if(group.topics, [](const auto& topic) { return topic.topic_id.is_zero(); });
}

Task<FetchedGroup> fetch_group(Shard& shard, const RequestContext& context, FetchGroup group,
                               group::FetchStability stability) {
    FetchedGroup refused;
    const auto refusal = resolve_fetch(shard, context, group, refused);
    if (refusal != Errc::kNone) co_return group::fetch_error(group, refusal, context.api_version);
    auto fetched = co_await look_into_group<FetchedGroup>(
        shard, group.group_id, [&](const group::Shard& machine) { return machine.fetch_offsets(group, stability); });
    if (!fetched) co_return group::fetch_error(group, fetched.error().code, context.api_version);
    const bool all = !group.topics.has_value();
    if (all) complete_ids(shard, context, *fetched);
    std::ranges::move(refused.topics, std::back_inserter(fetched->topics));
    co_return *std::move(fetched);
}

}  // namespace

Task<OffsetCommitResponse> handle_offset_commit(Shard& shard, RequestContext& context, OffsetCommitRequest request) {
    OffsetCommitResponse response;
    const bool allowed = context.may_on_group(Operation::kRead, request.group_id);
    std::erase_if(request.topics, [&](CommitTopic& topic) {
        const auto refusal = allowed ? resolve(shard, context, topic) : Errc::kGroupAuthorizationFailed;
        if (refusal == Errc::kNone) {
            take_unknown_partitions(shard, topic, response);
            return topic.partitions.empty();
        }
        answer_all(topic, refusal, response);
        return true;
    });
    if (!allowed || (request.topics.empty() && !response.topics.empty())) co_return response;
    auto committed = co_await ask_group<OffsetCommitResponse>(
        shard, request.group_id, [&](group::Shard& machine, group::RequestToken token, Now now) {
            return machine.commit_offsets(token, context.api_version, request, now);
        });
    if (!committed) {
        for (const auto& topic : request.topics) answer_all(topic, committed.error().code, response);
        co_return response;
    }
    merge_into(response, *std::move(committed));
    co_return response;
}

Task<OffsetDeleteResponse> handle_offset_delete(Shard& shard, RequestContext& context, OffsetDeleteRequest request) {
    OffsetDeleteResponse response;
    if (!context.may_on_group(Operation::kDelete, request.group_id)) {
        response.error_code = kafka_code(Errc::kGroupAuthorizationFailed);
        co_return response;
    }
    OffsetDeleteResponse refused;
    std::erase_if(request.topics, [&](DeleteTopic& topic) {
        take_undeletable(shard, context, topic, refused);
        return topic.partitions.empty();
    });
    auto deleted = co_await ask_group<OffsetDeleteResponse>(shard, request.group_id,
                                                            [&](group::Shard& machine, group::RequestToken token, Now now) {
                                                                return machine.delete_offsets(token, request, now);
                                                            });
    if (!deleted) {
        response.error_code = kafka_code(deleted.error().code);
        co_return response;
    }
    response = *std::move(deleted);
    if (response.error_code == 0) merge_into(response, std::move(refused));
    co_return response;
}

Task<OffsetFetchResponse> handle_offset_fetch(Shard& shard, RequestContext& context, OffsetFetchRequest request) {
    const auto stability = request.require_stable ? group::FetchStability::kRequireStable : group::FetchStability::kAny;
    std::vector<FetchedGroup> fetched;
    for (auto& group : group::groups_of(request, context.api_version)) {
        fetched.push_back(co_await fetch_group(shard, context, std::move(group), stability));
    }
    co_return group::to_response(std::move(fetched), context.api_version);
}

}  // namespace moldau::coordinator
