// One simulated file's bytes: as the processes see them, and as the disk would have them if the power failed now.
//
// The problem: a disk promises nothing for what was not synced: each sector of each write may be there or not, in any order.
// The idea: keep what is durable and the list of changes since; losing power applies some of them. Place: `Tree` has one per
// file.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "bytes/buffer.h"
#include "sim/random.h"

namespace moldau::sim {

inline constexpr std::size_t kSectorBytes = 512;

// What a power failure leaves of what was not synced.
enum class Loss {
    kAll,     // nothing
    kPrefix,  // a prefix of each file's changes, the last one torn at a sector
    kSubset,  // any sectors of any changes; the size may have grown without them, reading as zeros
    kNone,    // everything
};

// Invariant: `current` = `durable` + all of `unsynced`, except after a failed sync.
class Content {
public:
    std::size_t size() const { return current_.size(); }
    // The bytes there are of [position, position + length).
    bytes::View read(std::uint64_t position, std::size_t length) const;
    bytes::Span span() const { return current_; }

    void write(std::uint64_t position, bytes::Span data);
    void resize(std::uint64_t bytes);
    void sync();
    // As Linux does: what was to be synced may have got there or not, counts as clean, and the next sync does not write it.
    void fail_sync(Random& random);
    void power_fails(Loss loss, Random& random);
    // At rest: now, and after any power failure.
    void flip_bit(std::uint64_t position, unsigned bit);
    bool is_synced() const { return unsynced_.empty(); }

private:
    struct Change {
        enum class Kind { kWrite, kResize } kind;
        std::uint64_t position;  // for a resize, the size
        std::vector<std::uint8_t> data;
    };
    void apply(const Change& change, std::size_t bytes_max);
    void apply_prefix(Random& random);
    void apply_subset(Random& random);
    void apply_some_sectors(const Change& change, std::uint64_t percent, Random& random);

    std::vector<std::uint8_t> current_;
    std::vector<std::uint8_t> durable_;
    std::vector<Change> unsynced_;
};

}  // namespace moldau::sim
