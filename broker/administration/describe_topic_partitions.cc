// DescribeTopicPartitions, from the image.

#include "administration/describe_topic_partitions.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "handlers/shard.h"

namespace moldau::administration {
namespace {

using wire::DescribeTopicPartitionsRequest;
using wire::DescribeTopicPartitionsResponse;
using Topic = DescribeTopicPartitionsResponse::DescribeTopicPartitionsResponseTopic;
using Row = DescribeTopicPartitionsResponse::DescribeTopicPartitionsResponsePartition;
using security::Operation;

void add_error(const std::string& name, Errc code, DescribeTopicPartitionsResponse& response) {
    auto& topic = response.topics.emplace_back();
    topic.name = name;
    topic.error_code = kafka_code(code);
}

Row describe(const metadata::Partition& partition, std::int32_t index, const metadata::Image& image) {
    Row row;
    row.partition_index = index;
    row.leader_id = partition.leader.value;
    row.leader_epoch = partition.leader_epoch.value;
    if (partition.leader == metadata::kNoBroker) row.error_code = kafka_code(Errc::kLeaderNotAvailable);
    for (const auto replica : partition.replicas) {
        row.replica_nodes.push_back(replica.value);
        const auto* broker = image.find_broker(replica);
        if (broker == nullptr || broker->fenced) row.offline_replicas.push_back(replica.value);
    }
    for (const auto replica : partition.isr) row.isr_nodes.push_back(replica.value);
    row.eligible_leader_replicas.emplace();
    row.last_known_elr.emplace();
    return row;
}

// Fills one answer up to its limit.
class Page {
public:
    Page(const metadata::Image& image, const RequestContext& context, std::size_t limit)
        : image_(image), context_(context), left_(limit) {}

    // The topic's partitions from `first` on. False once the page is full.
    bool add(const metadata::Topic& topic, std::size_t first) {
        if (left_ == 0) return end_at(topic.name, 0);
        auto& answer = response.topics.emplace_back();
        answer.name = topic.name;
        answer.topic_id = topic.id.value;
        answer.is_internal = topic.internal;
        answer.topic_authorized_operations = security::authorized_operations(context_.authorizer, context_.principal,
                                                                             {security::ResourceType::kTopic, topic.name});
        std::size_t index = first;
        for (; index < topic.partitions.size() && left_ > 0; ++index, --left_) {
            answer.partitions.push_back(describe(topic.partitions[index], static_cast<std::int32_t>(index), image_));
        }
        return index >= topic.partitions.size() || end_at(topic.name, index);
    }
    // False when the page was full.
    bool add_unknown(const std::string& name) {
        if (left_ == 0) return end_at(name, 0);
        const bool valid = metadata::validate_topic_name(name).has_value();
        add_error(name, valid ? Errc::kUnknownTopicOrPartition : Errc::kInvalidTopicException, response);
        return true;
    }

    DescribeTopicPartitionsResponse response;

private:
    bool end_at(const std::string& topic, std::size_t partition) {
        DescribeTopicPartitionsResponse::Cursor cursor;
        cursor.topic_name = topic;
        cursor.partition_index = static_cast<std::int32_t>(partition);
        response.next_cursor = std::move(cursor);
        return false;
    }

    const metadata::Image& image_;
    const RequestContext& context_;
    std::size_t left_;
};

std::set<std::string> names_of(const DescribeTopicPartitionsRequest& request, const metadata::Image& image) {
    std::set<std::string> names;
    for (const auto& topic : request.topics) names.insert(topic.name);
    if (request.topics.empty()) {
        image.for_each_topic([&](const metadata::Topic& topic) { names.insert(topic.name); });
    }
    return names;
}

bool is_cursor_good(const DescribeTopicPartitionsRequest& request, const std::set<std::string>& names) {
    if (!request.cursor) return true;
    if (request.cursor->partition_index < 0) return false;
    return request.topics.empty() || names.contains(request.cursor->topic_name);
}

std::size_t limit_of(const Shard& shard, const DescribeTopicPartitionsRequest& request) {
    const auto most = shard.values()->integer("max.request.partition.size.limit");
    return static_cast<std::size_t>(std::clamp<std::int64_t>(request.response_partition_limit, 1, most));
}

}  // namespace

Task<DescribeTopicPartitionsResponse> handle_describe_topic_partitions(Shard& shard, RequestContext& context,
                                                                       DescribeTopicPartitionsRequest request) {
    const auto image = shard.image;
    const auto names = names_of(request, *image);
    Page page{*image, context, limit_of(shard, request)};
    if (!is_cursor_good(request, names)) {
        for (const auto& topic : request.topics) add_error(topic.name, Errc::kInvalidRequest, page.response);
        co_return std::move(page.response);
    }
    const std::string start = request.cursor ? request.cursor->topic_name : std::string{};
    for (auto name = names.lower_bound(start); name != names.end(); ++name) {
        const bool allowed = context.may_on_topic(Operation::kDescribe, *name);
        if (!allowed && !request.topics.empty()) add_error(*name, Errc::kTopicAuthorizationFailed, page.response);
        if (!allowed) continue;
        const auto* topic = image->find_topic(*name);
        const bool is_first = request.cursor && *name == start;
        const auto first = is_first ? static_cast<std::size_t>(request.cursor->partition_index) : std::size_t{0};
        if (!(topic != nullptr ? page.add(*topic, first) : page.add_unknown(*name))) break;
    }
    co_return std::move(page.response);
}

}  // namespace moldau::administration
