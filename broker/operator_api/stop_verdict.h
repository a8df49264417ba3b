// May a broker stop now? A pure function of the cluster's image.
//
// Stopping must not take a partition out of service that others could serve, nor push one below min.insync.replicas. A
// partition with a single replica goes away for as long as its broker does: that is what its replication factor says, so it
// is counted and told but forbids nothing.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "metadata/image.h"

namespace moldau::operator_api {

struct StopVerdict {
    std::int64_t only_replica = 0;  // partitions that nobody else has
    std::int64_t only_in_sync = 0;  // others have them, but none is in sync and alive
    std::int64_t below_min = 0;     // fewer than min.insync.replicas would be left
    // "orders-0", one of each kind.
    std::string only_in_sync_example = {};
    std::string below_min_example = {};

    bool may_stop() const { return only_in_sync == 0 && below_min == 0; }
};

// `min_in_sync` is the topic's min.insync.replicas.
using MinInSync = std::function<std::int32_t(const metadata::Topic&)>;
StopVerdict judge_stop(const metadata::Image& image, BrokerId broker, const MinInSync& min_in_sync);

}  // namespace moldau::operator_api
