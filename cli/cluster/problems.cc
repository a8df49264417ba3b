// Partitions and directories, judged.

#include "cli/cluster/problems.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "base/errc.h"

namespace moldau::cli {
namespace {

using Partition = wire::MetadataResponse::MetadataResponsePartition;

std::string count_of(std::size_t part, std::size_t all) { return std::to_string(part) + " of " + std::to_string(all); }

std::optional<Problem> problem_of(const std::string& topic, const Partition& partition, std::int32_t min_insync) {
    const std::string name = topic + "-" + std::to_string(partition.partition_index);
    const auto replicas = partition.replica_nodes.size();
    const auto in_sync = partition.isr_nodes.size();
    if (partition.leader_id < 0) {
        return Problem{"partition-offline", name + " has no leader: it can be neither read nor written"};
    }
    if (in_sync < static_cast<std::size_t>(std::max(min_insync, 1))) {
        return Problem{"partition-under-min-isr", name + " has " + count_of(in_sync, replicas) +
                                                      " replicas in sync, fewer than min.insync.replicas=" +
                                                      std::to_string(min_insync) + ": writes with acks=all fail"};
    }
    if (in_sync < replicas) {
        return Problem{"partition-under-replicated", name + " has " + count_of(in_sync, replicas) + " replicas in sync"};
    }
    return std::nullopt;
}

}  // namespace

std::vector<Problem> partition_problems(const wire::MetadataResponse& metadata,
                                        const std::map<std::string, std::int32_t>& min_insync_replicas) {
    std::vector<Problem> problems;
    for (const auto& topic : metadata.topics) {
        const auto name = topic.name.value_or("");
        const auto known = min_insync_replicas.find(name);
        const auto min_insync = known != min_insync_replicas.end() ? known->second : 1;
        for (const auto& partition : topic.partitions) {
            if (auto problem = problem_of(name, partition, min_insync)) problems.push_back(std::move(*problem));
        }
    }
    return problems;
}

std::vector<Problem> log_dir_problems(std::int32_t broker, const wire::DescribeLogDirsResponse& answer,
                                      double free_percent_min) {
    std::vector<Problem> problems;
    for (const auto& dir : answer.results) {
        const std::string where = "directory " + dir.log_dir + " of broker " + std::to_string(broker);
        if (dir.error_code != 0) {
            const auto errc = static_cast<Errc>(dir.error_code);
            problems.push_back({"log-dir-failed", where + " has failed: " + std::string(errc_text(errc))});
            continue;
        }
        if (dir.total_bytes <= 0 || dir.usable_bytes < 0) continue;
        const double free = 100.0 * static_cast<double>(dir.usable_bytes) / static_cast<double>(dir.total_bytes);
        if (free >= free_percent_min) continue;
        char text[32];
        std::snprintf(text, sizeof text, "%.1f", free);
        problems.push_back({"log-dir-full", where + " has only " + text + " % of its disk free"});
    }
    return problems;
}

}  // namespace moldau::cli
