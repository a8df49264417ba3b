// What is wrong with a cluster, from what its brokers say: the thinking part of `moldau cluster health`.
//
// A problem has a kind that scripts can count on and a sentence for people.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "wire/describe_log_dirs.h"
#include "wire/metadata.h"

namespace moldau::cli {

struct Problem {
    std::string kind;  // "partition-offline", "partition-under-replicated", ...
    std::string text;
};

// Offline, under-replicated and below min.insync.replicas, by topic name; a topic that is not in the map has 1. A partition
// counts once, by the worst that holds.
std::vector<Problem> partition_problems(const wire::MetadataResponse& metadata,
                                        const std::map<std::string, std::int32_t>& min_insync_replicas);

// Failed directories, and those with less than `free_percent_min` of their disk free, where the broker says how much.
std::vector<Problem> log_dir_problems(std::int32_t broker, const wire::DescribeLogDirsResponse& answer,
                                      double free_percent_min);

}  // namespace moldau::cli
