// Which names a topic may have: Kafka's rules.
//
// 1 to 249 characters of [a-zA-Z0-9._-], not "." or "..". Metric names turn '.' into '_', so two names that differ only in
// that collide, and the second is refused.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace moldau::metadata {

inline constexpr std::size_t kTopicNameBytesMax = 249;
inline constexpr std::string_view kClusterMetadataTopic = "__cluster_metadata";
inline constexpr std::string_view kConsumerOffsetsTopic = "__consumer_offsets";
inline constexpr std::string_view kTransactionStateTopic = "__transaction_state";

// Errors: kInvalidTopicException with what is wrong.
Result<void> validate_topic_name(std::string_view name);

// Topics that Kafka's own parts write to; Metadata answers carry it.
bool is_internal_topic(std::string_view name);

// Order, hash and equality of names under which '.' and '_' are the same.
struct CollisionOrder {
    using is_transparent = void;
    bool operator()(std::string_view left, std::string_view right) const noexcept;
};
struct CollisionHash {
    std::size_t operator()(std::string_view name) const noexcept;
};
struct CollisionEqual {
    bool operator()(std::string_view left, std::string_view right) const noexcept;
};

}  // namespace moldau::metadata
