// DescribeLogDirs: each core is asked for the sizes of its logs, then they are put in order.

#include "administration/describe_log_dirs.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "handlers/shard.h"

namespace moldau::administration {
namespace {

using wire::DescribeLogDirsRequest;
using wire::DescribeLogDirsResponse;
using Directory = DescribeLogDirsResponse::DescribeLogDirsResult;

struct Row {
    std::int64_t bytes = 0;
    std::int64_t lag = 0;
};
// By directory, topic and partition.
using Rows = std::map<std::size_t, std::map<std::string, std::map<std::int32_t, Row>>>;

// Which partitions are asked for: nullopt are all.
using Wanted = std::optional<std::map<std::string, std::set<std::int32_t>>>;

Wanted wanted_of(const DescribeLogDirsRequest& request) {
    if (!request.topics) return std::nullopt;
    Wanted wanted{std::in_place};
    for (const auto& topic : *request.topics) {
        (*wanted)[topic.topic].insert(topic.partitions.begin(), topic.partitions.end());
    }
    return wanted;
}

bool is_wanted(const Wanted& wanted, const TopicPartition& name) {
    if (!wanted) return true;
    const auto topic = wanted->find(name.topic);
    return topic != wanted->end() && topic->second.contains(name.partition.value);
}

Task<void> collect_on(const Shard& owner, const Wanted& wanted, Rows& rows) {
    owner.partitions->for_each([&](const auto&, const handlers::LocalPartition& local) {
        if (!local.partition || !is_wanted(wanted, local.name)) return;
        const auto& log = local.partition->log();
        const auto behind = local.partition->bounds().high_watermark.value - log.end_offset().value;
        rows[local.dir][local.name.topic][local.name.partition.value] = {static_cast<std::int64_t>(log.stats().bytes),
                                                                         std::max<std::int64_t>(behind, 0)};
    });
    co_return;
}

Directory describe(const store::DirState& state, const Rows::mapped_type& topics) {
    Directory directory;
    directory.log_dir = state.path;
    if (state.failure) {
        directory.error_code = kafka_code(Errc::kKafkaStorageError);
        return directory;
    }
    if (state.total_bytes > 0) {
        directory.total_bytes = static_cast<std::int64_t>(state.total_bytes);
        directory.usable_bytes = static_cast<std::int64_t>(state.free_bytes);
    }
    for (const auto& [name, partitions] : topics) {
        auto& topic = directory.topics.emplace_back();
        topic.name = name;
        for (const auto& [index, row] : partitions) {
            auto& partition = topic.partitions.emplace_back();
            partition.partition_index = index;
            partition.partition_size = row.bytes;
            partition.offset_lag = row.lag;
        }
    }
    return directory;
}

// In the order of the store's indexes, also where nobody watches them.
std::vector<store::DirState> states_of(const handlers::Node& node) {
    auto states = node.dir_states();
    for (std::size_t dir = states.size(); dir < node.dirs.size(); ++dir) {
        states.push_back({.path = node.dirs[dir].first, .id = node.dirs[dir].second});
    }
    return states;
}

}  // namespace

Task<DescribeLogDirsResponse> handle_describe_log_dirs(Shard& shard, RequestContext& context,
                                                       DescribeLogDirsRequest request) {
    DescribeLogDirsResponse response;
    if (!context.may_on_cluster(security::Operation::kDescribe)) {
        response.error_code = kafka_code(Errc::kClusterAuthorizationFailed);
        co_return response;
    }
    const auto wanted = wanted_of(request);
    Rows rows;
    for (auto* owner : shard.node.shards) {
        co_await on_shard(shard, *owner, [&] { return collect_on(*owner, wanted, rows); });
    }
    const auto states = states_of(shard.node);
    for (std::size_t dir = 0; dir < states.size(); ++dir) response.results.push_back(describe(states[dir], rows[dir]));
    co_return response;
}

}  // namespace moldau::administration
