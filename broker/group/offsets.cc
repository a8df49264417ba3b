// Slots of committed and in-flight offsets.

#include "group/offsets.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace moldau::group {

const OffsetSlot* OffsetTable::find(const std::string& topic, std::int32_t partition) const {
    const auto partitions = topics_.find(topic);
    if (partitions == topics_.end()) return nullptr;
    const auto found = partitions->second.find(partition);
    return found == partitions->second.end() ? nullptr : &found->second;
}

OffsetSlot& OffsetTable::slot(const std::string& topic, std::int32_t partition) {
    const auto [found, is_new] = topics_[topic].try_emplace(partition);
    if (is_new) ++size_;
    return found->second;
}

void OffsetTable::drop_if_void(const std::string& topic, std::int32_t partition) {
    const auto partitions = topics_.find(topic);
    if (partitions == topics_.end()) return;
    const auto found = partitions->second.find(partition);
    if (found == partitions->second.end() || found->second.committed || !found->second.in_flight.empty()) return;
    partitions->second.erase(found);
    if (partitions->second.empty()) topics_.erase(partitions);
    --size_;
}

void OffsetTable::begin(const std::string& topic, std::int32_t partition, WriteId write,
                        std::optional<CommittedOffset> value) {
    auto& in_flight = slot(topic, partition).in_flight;
    // One request may name a partition twice: its last word counts, as it will in the log.
    if (!in_flight.empty() && in_flight.back().write == write) {
        in_flight.back().value = std::move(value);
        return;
    }
    CHECK(in_flight.empty() || in_flight.back().write < write);
    in_flight.push_back({write, std::move(value)});
}

std::optional<OffsetSlot::InFlight> OffsetTable::take(OffsetSlot& slot, WriteId write) {
    const auto found = std::ranges::find(slot.in_flight, write, &OffsetSlot::InFlight::write);
    if (found == slot.in_flight.end()) return std::nullopt;
    auto taken = std::move(*found);
    slot.in_flight.erase(found);
    return taken;
}

void OffsetTable::commit(const std::string& topic, std::int32_t partition, WriteId write) {
    if (!find(topic, partition)) return;
    auto& place = slot(topic, partition);
    if (auto taken = take(place, write)) place.committed = std::move(taken->value);
    drop_if_void(topic, partition);
}

void OffsetTable::roll_back(const std::string& topic, std::int32_t partition, WriteId write) {
    if (!find(topic, partition)) return;
    take(slot(topic, partition), write);
    drop_if_void(topic, partition);
}

void OffsetTable::restore(const std::string& topic, std::int32_t partition, std::optional<CommittedOffset> value) {
    if (!value && !find(topic, partition)) return;
    slot(topic, partition).committed = std::move(value);
    drop_if_void(topic, partition);
}

}  // namespace moldau::group
