// Where the replicas of new partitions go: pure, deterministic, over the live brokers of an image.
//
// The idea: brokers stand in a circle in which racks alternate; the partition's number, shifted by what exists already, says
// where its first replica stands, the others follow, a step further for every full round, so that followers of one broker's
// partitions spread. On each broker the directory with the fewest replicas takes it.

#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "metadata/image.h"

namespace moldau::metadata {

struct ReplicaPlacement {
    std::vector<BrokerId> replicas;  // the first is the preferred leader
    std::vector<Uuid> directories;   // of each; zero when its broker has none
    bool operator==(const ReplicaPlacement&) const = default;
};

struct PlacementRequest {
    std::int32_t partition_first = 0;
    std::int32_t partition_count = 1;
    std::int16_t replication_factor = 1;
};

// Lifetime: one request, so that its partitions spread over directories among themselves too. The image outlives it.
class Placement {
public:
    explicit Placement(const Image& image);

    // Errors: kInvalidReplicationFactor when there are fewer live brokers than replicas asked for.
    Result<std::vector<ReplicaPlacement>> place(const PlacementRequest& request);
    // Directories for replicas that somebody assigned by hand. Errors: kInvalidReplicaAssignment for a broker that is not
    // registered, named twice, or when nobody is named or all are fenced.
    Result<ReplicaPlacement> assign(const std::vector<std::int32_t>& brokers);
    // Those of `replicas` that are live, in their order.
    std::vector<BrokerId> live(const std::vector<BrokerId>& replicas) const;

private:
    Uuid take_directory(const Broker& broker);

    const Image& image_;
    std::vector<const Broker*> circle_;  // live brokers, racks alternating
    std::map<Uuid, std::int64_t> added_;
};

}  // namespace moldau::metadata
