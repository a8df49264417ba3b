// The coordinators of one core, and the way to the one that a group belongs to.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/task.h"
#include "base/task_group.h"
#include "coordinator/offsets_partition.h"
#include "handlers/shard.h"

namespace moldau::coordinator {

group::ShardOptions shard_options(const settings::Values& values);

// Lifetime: the shard's; stop() before destroying. Thread: its core.
class CoordinatorShard {
public:
    explicit CoordinatorShard(handlers::Shard& shard);
    ~CoordinatorShard();

    // A partition came (open) or goes (null): others than those of `__consumer_offsets` are ignored.
    void follow(const TopicPartition& name, replica::Partition* partition);
    // A topic is gone: its committed offsets go too.
    void topic_deleted(const std::string& topic);
    // Errors: kNotCoordinator when the partition is not on this core (any more).
    Result<std::shared_ptr<OffsetsPartition>> find(PartitionIndex partition);
    void for_each(const std::function<void(OffsetsPartition&)>& visit);
    // Other broker settings: groups follow with their next request or timer.
    void reconfigure(const settings::Values& values);
    Task<void> stop();

private:
    Task<void> retire(std::shared_ptr<OffsetsPartition> partition);

    handlers::Shard& shard_;
    std::map<PartitionIndex, std::shared_ptr<OffsetsPartition>> partitions_;
    TaskGroup tasks_;
};

// Where a group lives. Errors: kCoordinatorNotAvailable before `__consumer_offsets` exists.
struct GroupPlace {
    handlers::Shard* shard = nullptr;
    PartitionIndex partition;
};
Result<GroupPlace> place_of(const handlers::Shard& home, std::string_view group_id);

}  // namespace moldau::coordinator
