// A group's committed offsets, with those that are on their way into the log beside them.
//
// The problem: readers must see only what is committed, later commits of the same partition may be in flight, and any of
// them may fail. The idea: a slot per partition holds the committed offset and, in the order of their writes, the values in
// flight; a write's end moves its value to the front or drops it. A tombstone is a value, too. Place: inside `Group`, next
// to membership, which it knows nothing of.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "group/outputs.h"

namespace moldau::group {

struct CommittedOffset {
    std::int64_t offset = -1;
    std::int32_t leader_epoch = -1;
    std::string metadata;
    std::int64_t commit_timestamp = -1;
    std::optional<std::int64_t> expire_timestamp;  // OffsetCommit 2-4 could ask for a retention of its own
    Uuid topic_id;                                 // zero: unknown
    bool operator==(const CommittedOffset&) const = default;
};

struct OffsetSlotKey {
    std::string topic;
    std::int32_t partition = 0;
    auto operator<=>(const OffsetSlotKey&) const = default;
};

struct OffsetSlot {
    struct InFlight {
        WriteId write;
        std::optional<CommittedOffset> value;  // nullopt: tombstone
    };
    std::optional<CommittedOffset> committed;
    std::vector<InFlight> in_flight;  // ascending by write
};

// Invariants: no slot without a committed or an in-flight value; size() is the number of slots.
class OffsetTable {
public:
    using Partitions = std::map<std::int32_t, OffsetSlot>;
    using Topics = std::map<std::string, Partitions, std::less<>>;

    const OffsetSlot* find(const std::string& topic, std::int32_t partition) const;
    const Topics& topics() const { return topics_; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

    // `write` carries this value (nullopt: a tombstone).
    void begin(const std::string& topic, std::int32_t partition, WriteId write, std::optional<CommittedOffset> value);
    void commit(const std::string& topic, std::int32_t partition, WriteId write);
    void roll_back(const std::string& topic, std::int32_t partition, WriteId write);
    // From the log: committed at once. nullopt erases.
    void restore(const std::string& topic, std::int32_t partition, std::optional<CommittedOffset> value);

private:
    OffsetSlot& slot(const std::string& topic, std::int32_t partition);
    std::optional<OffsetSlot::InFlight> take(OffsetSlot& slot, WriteId write);
    void drop_if_void(const std::string& topic, std::int32_t partition);

    Topics topics_;
    std::size_t size_ = 0;
};

}  // namespace moldau::group
