// Following partitions and finding groups.

#include "coordinator/coordinator_shard.h"

#include <utility>

#include "group/partition.h"

namespace moldau::coordinator {

group::ShardOptions shard_options(const settings::Values& values) {
    group::ShardOptions options;
    options.initial_rebalance_delay = to_millis(values.integer("group.initial.rebalance.delay.ms"));
    options.session_timeout_min = to_millis(values.integer("group.min.session.timeout.ms"));
    options.session_timeout_max = to_millis(values.integer("group.max.session.timeout.ms"));
    options.members_max = std::min(options.members_max, static_cast<std::size_t>(values.integer("group.max.size")));
    options.offset_metadata_max = static_cast<std::size_t>(values.integer("offset.metadata.max.bytes"));
    options.offsets_retention = to_millis(values.integer("offsets.retention.minutes") * 60'000);
    options.offsets_retention_check_interval = to_millis(values.integer("offsets.retention.check.interval.ms"));
    return options;
}

CoordinatorShard::CoordinatorShard(handlers::Shard& shard) : shard_(shard) {}

CoordinatorShard::~CoordinatorShard() { CHECK(partitions_.empty()); }

void CoordinatorShard::follow(const TopicPartition& name, replica::Partition* partition) {
    if (name.topic != metadata::kConsumerOffsetsTopic) return;
    if (const auto found = partitions_.find(name.partition); found != partitions_.end()) {
        tasks_.start(retire(std::move(found->second)));
        partitions_.erase(found);
    }
    if (partition == nullptr) return;
    auto coordinator = std::make_shared<OffsetsPartition>(
        OffsetsPartition::Environment{shard_.executor, *partition, shard_.validator, name}, shard_options(*shard_.values()));
    coordinator->start();
    partitions_.emplace(name.partition, std::move(coordinator));
}

Task<void> CoordinatorShard::retire(std::shared_ptr<OffsetsPartition> partition) { co_await partition->stop(); }

void CoordinatorShard::topic_deleted(const std::string& topic) {
    for (auto& [index, partition] : partitions_) partition->topic_deleted(topic);
}

Result<std::shared_ptr<OffsetsPartition>> CoordinatorShard::find(PartitionIndex partition) {
    const auto found = partitions_.find(partition);
    if (found == partitions_.end()) return fail(Errc::kNotCoordinator);
    return found->second;
}

void CoordinatorShard::for_each(const std::function<void(OffsetsPartition&)>& visit) {
    for (auto& [index, partition] : partitions_) visit(*partition);
}

void CoordinatorShard::reconfigure(const settings::Values& values) {
    for (auto& [index, partition] : partitions_) partition->shard().reconfigure(shard_options(values));
}

Task<void> CoordinatorShard::stop() {
    for (auto& [index, partition] : std::exchange(partitions_, {})) co_await partition->stop();
    co_await tasks_.stop();
}

Result<GroupPlace> place_of(const handlers::Shard& home, std::string_view group_id) {
    const auto* topic = home.image->find_topic(metadata::kConsumerOffsetsTopic);
    if (topic == nullptr || topic->partitions.empty()) return fail(Errc::kCoordinatorNotAvailable);
    const auto partition = group::partition_for(group_id, static_cast<std::int32_t>(topic->partitions.size()));
    return GroupPlace{&home.node.shard_of({topic->id, partition}), partition};
}

}  // namespace moldau::coordinator
