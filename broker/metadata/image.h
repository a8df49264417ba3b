// The cluster as of one offset of the metadata log: brokers, topics, partitions, settings.
//
// The problem: every core answers questions about the cluster all the time while it changes. The idea: an image never
// changes; a change makes a new one that shares what stayed the same, and publishing is handing out a `shared_ptr`. Only
// replaying records makes images (metadata/image_builder.h), so every broker that has replayed as far has the same one.
// Place: read by everything above; made by `MetadataService`.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/uuid.h"
#include "metadata/persistent_map.h"
#include "metadata/topic_name.h"

namespace moldau::metadata {

// Overrides by name, in Kafka's text forms.
using ConfigMap = std::map<std::string, std::string, std::less<>>;

// Kafka's numbers (ConfigResource.Type).
enum class ConfigResourceType : std::int8_t { kTopic = 2, kBroker = 4, kClientMetrics = 16, kGroup = 32 };

struct ConfigResource {
    ConfigResourceType type = ConfigResourceType::kTopic;
    std::string name;  // a broker's is its id, "" the cluster-wide default
    auto operator<=>(const ConfigResource&) const = default;
};

// Kafka's numbers (SecurityProtocol).
enum class SecurityProtocol : std::int16_t { kPlaintext = 0, kSsl = 1, kSaslPlaintext = 2, kSaslSsl = 3 };

// Where clients reach a broker: what it advertises.
struct Endpoint {
    std::string listener;
    std::string host;
    std::uint16_t port = 0;
    SecurityProtocol security_protocol = SecurityProtocol::kPlaintext;
    bool operator==(const Endpoint&) const = default;
};

struct Broker {
    BrokerId id;
    Uuid incarnation;         // changes with every start of the process
    std::int64_t epoch = -1;  // offset of its registration
    std::optional<std::string> rack;
    std::vector<Endpoint> endpoints;
    std::vector<Uuid> directories;
    bool fenced = false;

    const Endpoint* find_endpoint(std::string_view listener) const;
    bool operator==(const Broker&) const = default;
};

inline constexpr BrokerId kNoBroker{-1};

struct Partition {
    std::vector<BrokerId> replicas;  // the first is the preferred leader
    std::vector<Uuid> directories;   // of each replica, in the same order
    std::vector<BrokerId> isr;
    BrokerId leader = kNoBroker;
    LeaderEpoch leader_epoch{0};
    std::int32_t partition_epoch = 0;  // counts every change of the partition

    // The directory that holds `broker`'s replica; nullopt when it has none.
    std::optional<Uuid> directory_on(BrokerId broker) const;
    bool operator==(const Partition&) const = default;
};

struct Topic {
    std::string name;
    TopicId id;
    std::vector<Partition> partitions;  // by index
    ConfigMap configs;                  // overrides only
    bool internal = false;              // Kafka's own, such as __consumer_offsets

    const Partition* find(PartitionIndex index) const {
        return index.value >= 0 && static_cast<std::size_t>(index.value) < partitions.size()
                   ? &partitions[static_cast<std::size_t>(index.value)]
                   : nullptr;
    }
    std::int16_t replication_factor() const {
        return partitions.empty() ? std::int16_t{0} : static_cast<std::int16_t>(partitions.front().replicas.size());
    }
    bool operator==(const Topic&) const = default;
};

// Lifetime: shared by all who look at it. Thread: any; it never changes once published.
// Invariants: names are unique, also after '.' became '_'; ids are unique; partitions are numbered without gaps.
class Image {
public:
    // What is known of the log at this image: the next record's offset, and the term of the last record.
    Offset end_offset() const { return end_offset_; }
    LeaderEpoch epoch() const { return epoch_; }
    // The metadata leader ("controller" in the protocol), kNoBroker when unknown.
    BrokerId controller() const { return controller_; }
    const std::string& cluster_id() const { return cluster_id_; }

    const Topic* find_topic(std::string_view name) const;
    const Topic* find_topic(TopicId id) const;
    // Keeps the topic alive beyond the image; null when there is none.
    std::shared_ptr<const Topic> topic(std::string_view name) const;
    std::shared_ptr<const Topic> topic(TopicId id) const;
    const Partition* find_partition(std::string_view topic, PartitionIndex index) const;
    // The topic whose name is `name` but for '.' and '_': Kafka refuses a second such one.
    const Topic* find_colliding(std::string_view name) const;
    std::size_t topic_count() const { return by_name_.size(); }
    std::size_t partition_count() const { return partition_count_; }
    // By name; the pointers are good for as long as the image lives. O(n log n).
    std::vector<const Topic*> topics() const;
    // `visit(const Topic&)` for each, in no particular order. O(n).
    template <class Visit>
    void for_each_topic(Visit visit) const {
        by_name_.for_each([&](const auto&, const auto& topic) { visit(*topic); });
    }

    // `visit(const Topic* before, const Topic* after)` for each topic id that was made, removed or changed between two
    // images.
    template <class Visit>
    static void for_each_changed_topic(const Image& before, const Image& after, Visit visit) {
        decltype(by_id_)::for_each_difference(before.by_id_, after.by_id_, [&](const TopicRef* old, const TopicRef* now) {
            visit(old ? old->get() : nullptr, now ? now->get() : nullptr);
        });
    }

    const std::map<BrokerId, Broker>& brokers() const { return *brokers_; }
    const Broker* find_broker(BrokerId id) const;
    // Replicas that live in a directory, for placement.
    std::int64_t replicas_in(Uuid directory) const;

    // Overrides of a resource, empty when it has none.
    const ConfigMap& configs(const ConfigResource& resource) const;
    const ConfigMap& broker_configs(BrokerId id) const;
    const ConfigMap& cluster_configs() const;  // dynamic defaults of every broker

    // Overrides of everything but topics.
    const std::map<ConfigResource, ConfigMap>& other_configs() const { return *configs_; }

    const std::map<std::string, std::int16_t, std::less<>>& features() const { return *features_; }
    std::int64_t next_producer_id() const { return next_producer_id_; }

private:
    friend class ImageBuilder;
    using TopicRef = std::shared_ptr<const Topic>;
    using Configs = std::map<ConfigResource, ConfigMap>;

    std::string cluster_id_;
    Offset end_offset_{0};
    LeaderEpoch epoch_{0};
    BrokerId controller_ = kNoBroker;
    PersistentMap<std::string, TopicRef, CollisionHash, CollisionEqual> by_name_;
    PersistentMap<TopicId, TopicRef> by_id_;
    std::size_t partition_count_ = 0;
    std::shared_ptr<const std::map<BrokerId, Broker>> brokers_ = std::make_shared<std::map<BrokerId, Broker>>();
    std::shared_ptr<const std::map<Uuid, std::int64_t>> replicas_in_ = std::make_shared<std::map<Uuid, std::int64_t>>();
    std::shared_ptr<const Configs> configs_ = std::make_shared<Configs>();  // of all resources but topics
    std::shared_ptr<const std::map<std::string, std::int16_t, std::less<>>> features_ =
        std::make_shared<std::map<std::string, std::int16_t, std::less<>>>();
    std::int64_t next_producer_id_ = 0;
};

using ImageRef = std::shared_ptr<const Image>;

}  // namespace moldau::metadata
