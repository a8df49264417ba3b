// Makes the next image from one and the records that follow it: the only way in which the cluster's state changes.
//
// The idea: the builder starts as a copy that shares everything, and copies a topic, or a small table, when a record first
// touches it. Place: used for records being proposed (staging), for replay of the log and for snapshots alike.

#pragma once

#include <map>
#include <memory>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "metadata/image.h"
#include "metadata/records.h"

namespace moldau::metadata {

// Lifetime: for a run of records. Thread: one.
class ImageBuilder {
public:
    explicit ImageBuilder(const Image& base) : image_(base) {}

    // The effect of the record at `offset`. Errors: kCorrupt when it contradicts the state (an unknown topic, a partition
    // out of turn); then the builder is spent.
    Result<void> apply(const AnyRecord& record, Offset offset);
    // Who leads the metadata from now on.
    void set_controller(BrokerId controller) { image_.controller_ = controller; }

    // The image after everything below `end`, the last of it of `epoch`. The builder may go on from there.
    ImageRef build(Offset end, LeaderEpoch epoch);

private:
    Result<void> on(const ClusterRecord& record, Offset offset);
    Result<void> on(const FeatureLevelRecord& record, Offset offset);
    Result<void> on(const RegisterBrokerRecord& record, Offset offset);
    Result<void> on(const UnregisterBrokerRecord& record, Offset offset);
    Result<void> on(const BrokerChangeRecord& record, Offset offset);
    Result<void> on(const TopicRecord& record, Offset offset);
    Result<void> on(const PartitionRecord& record, Offset offset);
    Result<void> on(const PartitionChangeRecord& record, Offset offset);
    Result<void> on(const RemoveTopicRecord& record, Offset offset);
    Result<void> on(const ConfigRecord& record, Offset offset);
    Result<void> on(const ProducerIdsRecord& record, Offset offset);

    Topic* touch(TopicId id);
    void put(std::shared_ptr<Topic> topic);
    enum class Count { kAdd, kRemove };
    void count_replicas(const Partition& partition, Count count);

    template <class T>
    static T& own(std::shared_ptr<const T>& shared, std::shared_ptr<T>& owned);

    Image image_;
    // Copies that no published image shares yet.
    std::map<TopicId, std::shared_ptr<Topic>> topics_;
    std::shared_ptr<std::map<BrokerId, Broker>> brokers_;
    std::shared_ptr<std::map<Uuid, std::int64_t>> replicas_in_;
    std::shared_ptr<std::map<ConfigResource, ConfigMap>> configs_;
    std::shared_ptr<std::map<std::string, std::int16_t, std::less<>>> features_;
};

}  // namespace moldau::metadata
