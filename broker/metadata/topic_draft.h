// What the topics of one request turn into, shared by the verbs that make partitions. Private to `Controller`.

#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "metadata/controller.h"
#include "metadata/image_builder.h"
#include "metadata/placement.h"

namespace moldau::metadata {

// A topic with everything decided.
struct Controller::NewTopic {
    std::vector<ReplicaPlacement> partitions;
    ConfigMap configs;
};

// The state of one request: topics see those before them in it.
struct Controller::Draft {
    const Image& image;  // before the request
    const WantedIds& ids;
    Placement placement{image};
    std::int32_t partitions_left = 0;  // that this request may still make
    std::vector<AnyRecord> records = {};
    std::set<TopicId> ids_given = {};

    // Errors: kPolicyViolation when the request makes too many.
    Result<void> take_partitions(std::int64_t count);
    void add_partition(TopicId topic, std::size_t index, const ReplicaPlacement& placed);
};

}  // namespace moldau::metadata
