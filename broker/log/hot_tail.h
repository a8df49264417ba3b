// The newest batches of a log, in memory, for the readers that keep up and for the writes that are still to be made.
//
// The problem: consumers that follow the end must not wait for a disk, and what is not in its segment yet can be read
// nowhere else. The idea: a queue of views on the very bytes that are being written, bounded by what they keep in memory;
// only batches that their segment has are dropped. All tails of a core share a budget: when it is used up, those go first
// that nothing was appended to for the longest time. Place: filled by `Log::append`, read by `Log::read_now`.

#pragma once

#include <cstddef>
#include <limits>
#include <list>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "bytes/buffer.h"

namespace moldau::log {

struct HotBatch {
    Offset base;
    Offset end;
    bytes::ChunkList bytes;
};

class HotTail;

// What all hot tails of a core may keep in memory together. Lifetime: outlives them. Thread: its core.
// Invariant: used <= bytes_max after each append, but for what is not in segments yet.
class HotBudget {
public:
    explicit HotBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}
    std::size_t used() const { return used_; }

private:
    friend class HotTail;
    void enforce();

    std::size_t bytes_max_;
    std::size_t used_ = 0;
    std::list<HotTail*> tails_;  // those that hold something, the one appended to last at the back
};

// Thread: its log's core. Invariants: batches ascend without overlap; all appended batches at or above the first one are
// here.
class HotTail {
public:
    // `budget` may be null.
    explicit HotTail(HotBudget* budget = nullptr) : budget_(budget) {}
    ~HotTail() { clear(); }
    HotTail(const HotTail&) = delete;
    HotTail& operator=(const HotTail&) = delete;

    // Small views on large memory are copied. Other tails of the budget may shrink.
    void append(HotBatch batch);
    // Drops the oldest while more than `bytes_max` are held; only batches that end at or below `written_end`.
    void evict(std::size_t bytes_max, Offset written_end);
    void clear();
    // Drops what begins at or after `end`.
    void truncate_to(Offset end);

    // The first batch that ends after `offset`, as an index below count(); nullopt when `offset` is below the first batch
    // (files have it) or past the last.
    std::optional<std::size_t> find(Offset offset) const;
    const HotBatch& at(std::size_t index) const { return batches_[first_ + index]; }
    std::size_t count() const { return batches_.size() - first_; }
    std::size_t held_bytes() const { return held_bytes_; }

private:
    friend class HotBudget;
    static std::size_t held_by(const HotBatch& batch);
    void drop_front();
    void compact();
    void count_held(std::size_t bytes);
    void count_dropped(std::size_t bytes);

    std::vector<HotBatch> batches_;
    std::size_t first_ = 0;  // those before it are gone already
    std::size_t held_bytes_ = 0;
    Offset written_end_;  // as last heard
    HotBudget* budget_;
    std::list<HotTail*>::iterator place_;  // in the budget, while anything is held
};

}  // namespace moldau::log
