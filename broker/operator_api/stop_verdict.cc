// Every partition of the broker, judged by who else has it.

#include "operator_api/stop_verdict.h"

#include <algorithm>

#include "base/ids.h"

namespace moldau::operator_api {
namespace {

std::string name_of(const metadata::Topic& topic, std::size_t index) {
    return TopicPartition{topic.name, PartitionIndex{static_cast<std::int32_t>(index)}}.to_string();
}

// Replicas that are in sync and alive besides `broker`'s.
std::int64_t left_in_sync(const metadata::Image& image, const metadata::Partition& partition, BrokerId broker) {
    return std::ranges::count_if(partition.isr, [&](BrokerId id) {
        const auto* other = image.find_broker(id);
        return id != broker && other != nullptr && !other->fenced;
    });
}

void judge(const metadata::Image& image, BrokerId broker, const metadata::Topic& topic, std::int32_t min_in_sync,
           StopVerdict& verdict) {
    for (std::size_t index = 0; index < topic.partitions.size(); ++index) {
        const auto& partition = topic.partitions[index];
        // One that is not in sync serves nobody and is missed by none.
        if (std::ranges::find(partition.isr, broker) == partition.isr.end()) continue;
        if (partition.replicas.size() == 1) {
            ++verdict.only_replica;
            continue;
        }
        const auto left = left_in_sync(image, partition, broker);
        if (left == 0) {
            if (verdict.only_in_sync++ == 0) verdict.only_in_sync_example = name_of(topic, index);
        } else if (left < min_in_sync) {
            if (verdict.below_min++ == 0) verdict.below_min_example = name_of(topic, index);
        }
    }
}

}  // namespace

StopVerdict judge_stop(const metadata::Image& image, BrokerId broker, const MinInSync& min_in_sync) {
    StopVerdict verdict;
    for (const auto* topic : image.topics()) judge(image, broker, *topic, min_in_sync(*topic), verdict);
    return verdict;
}

}  // namespace moldau::operator_api
