// Round the circle of brokers.

#include "metadata/placement.h"

#include <algorithm>
#include <set>
#include <string>

namespace moldau::metadata {
namespace {

// The first of each rack, then the second of each, and so on.
std::vector<const Broker*> alternate_racks(const Image& image) {
    std::map<std::string, std::vector<const Broker*>> racks;
    for (const auto& [id, broker] : image.brokers()) {
        if (!broker.fenced) racks[broker.rack.value_or("")].push_back(&broker);
    }
    std::vector<const Broker*> circle;
    for (std::size_t round = 0; !racks.empty(); ++round) {
        for (auto rack = racks.begin(); rack != racks.end();) {
            if (round < rack->second.size()) circle.push_back(rack->second[round]);
            rack = round + 1 >= rack->second.size() ? racks.erase(rack) : std::next(rack);
        }
    }
    return circle;
}

std::string list_of(const std::vector<const Broker*>& brokers) {
    std::string list;
    for (const Broker* broker : brokers) list += (list.empty() ? "" : ", ") + std::to_string(broker->id.value);
    return list;
}

}  // namespace

Placement::Placement(const Image& image) : image_(image), circle_(alternate_racks(image)) {}

Result<std::vector<ReplicaPlacement>> Placement::place(const PlacementRequest& request) {
    const auto factor = static_cast<std::size_t>(request.replication_factor);
    if (factor > circle_.size()) {
        return fail(Errc::kInvalidReplicationFactor,
                    "replication factor " + std::to_string(factor) + " needs as many live brokers, but there " +
                        (circle_.size() == 1 ? "is 1" : "are " + std::to_string(circle_.size())) +
                        (circle_.empty() ? "" : " (" + list_of(circle_) + ")"));
    }
    const std::size_t count = circle_.size();
    std::vector<ReplicaPlacement> placed;
    for (std::int32_t index = 0; index < request.partition_count; ++index) {
        const std::size_t number = image_.partition_count() + static_cast<std::size_t>(index);
        const std::size_t round = count > 1 ? number / count % (count - 1) : 0;
        ReplicaPlacement& partition = placed.emplace_back();
        for (std::size_t replica = 0; replica < factor; ++replica) {
            const std::size_t step = replica == 0 ? 0 : 1 + (replica - 1 + round) % (count - 1);
            const Broker& broker = *circle_[(number + step) % count];
            partition.replicas.push_back(broker.id);
            partition.directories.push_back(take_directory(broker));
        }
    }
    return placed;
}

Result<ReplicaPlacement> Placement::assign(const std::vector<std::int32_t>& brokers) {
    const auto refuse = [](std::string why) { return fail(Errc::kInvalidReplicaAssignment, std::move(why)); };
    if (brokers.empty()) return refuse("the assignment names no broker");
    ReplicaPlacement placement;
    std::set<std::int32_t> seen;
    for (const auto id : brokers) {
        const Broker* broker = image_.find_broker(BrokerId{id});
        if (!broker) return refuse("broker " + std::to_string(id) + " of the assignment is not registered");
        if (!seen.insert(id).second) return refuse("the assignment names broker " + std::to_string(id) + " twice");
        placement.replicas.push_back(broker->id);
        placement.directories.push_back(take_directory(*broker));
    }
    if (live(placement.replicas).empty()) return refuse("every broker of the assignment is fenced");
    return placement;
}

std::vector<BrokerId> Placement::live(const std::vector<BrokerId>& replicas) const {
    std::vector<BrokerId> live;
    std::ranges::copy_if(replicas, std::back_inserter(live), [&](BrokerId id) {
        const Broker* broker = image_.find_broker(id);
        return broker && !broker->fenced;
    });
    return live;
}

Uuid Placement::take_directory(const Broker& broker) {
    if (broker.directories.empty()) return {};
    const auto fewest = std::ranges::min_element(
        broker.directories, {}, [&](const Uuid& directory) { return image_.replicas_in(directory) + added_[directory]; });
    ++added_[*fewest];
    return *fewest;
}

}  // namespace moldau::metadata
