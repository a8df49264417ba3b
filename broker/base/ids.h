// Strong types for the numbers that name things, so that an offset cannot be passed as an epoch.
//
// The wire layer speaks plain integers, as the protocol does; handlers convert at the border. Everything below `server` uses
// these types.

#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "base/uuid.h"

namespace moldau {

// An id: comparable and hashable, no arithmetic.
template <class Tag, class Rep>
struct Id {
    Rep value{};
    constexpr Id() = default;
    constexpr explicit Id(Rep v) : value(v) {}
    constexpr auto operator<=>(const Id&) const = default;
};

using BrokerId = Id<struct BrokerIdTag, std::int32_t>;
using PartitionIndex = Id<struct PartitionIndexTag, std::int32_t>;
using ProducerId = Id<struct ProducerIdTag, std::int64_t>;
using ProducerEpoch = Id<struct ProducerEpochTag, std::int16_t>;
using LeaderEpoch = Id<struct LeaderEpochTag, std::int32_t>;
using TopicId = Id<struct TopicIdTag, Uuid>;

inline constexpr ProducerId kNoProducerId{-1};
inline constexpr LeaderEpoch kNoLeaderEpoch{-1};

// A record's place in its partition. Ranges are half open: [start, end).
struct Offset {
    std::int64_t value = 0;
    constexpr Offset() = default;
    constexpr explicit Offset(std::int64_t v) : value(v) {}
    constexpr auto operator<=>(const Offset&) const = default;
    constexpr Offset operator+(std::int64_t count) const { return Offset{value + count}; }
    constexpr Offset operator-(std::int64_t count) const { return Offset{value - count}; }
    constexpr std::int64_t operator-(Offset other) const { return value - other.value; }
};

struct TopicPartition {
    std::string topic;
    PartitionIndex partition;
    auto operator<=>(const TopicPartition&) const = default;
    // "orders-3", as its folder is called.
    std::string to_string() const { return topic + '-' + std::to_string(partition.value); }
};

}  // namespace moldau

template <class Tag, class Rep>
struct std::hash<moldau::Id<Tag, Rep>> {
    std::size_t operator()(const moldau::Id<Tag, Rep>& id) const noexcept { return std::hash<Rep>{}(id.value); }
};
template <>
struct std::hash<moldau::Offset> {
    std::size_t operator()(moldau::Offset offset) const noexcept { return std::hash<std::int64_t>{}(offset.value); }
};
template <>
struct std::hash<moldau::TopicPartition> {
    std::size_t operator()(const moldau::TopicPartition& tp) const noexcept {
        return std::hash<std::string>{}(tp.topic) * 31 + static_cast<std::size_t>(tp.partition.value);
    }
};
