// Where the last record of each key is, for a part of a log, within a fixed amount of memory.
//
// The problem: compaction must know of every record whether a later one has its key, and a log has more keys than fit in
// memory, of any length. The idea (Kafka's): a table of fixed size that keeps a hash of 128 bits in place of each key. It
// never grows: when it is full, the log is cleaned up to where it got. Two of n keys have the same hash with odds of about
// n^2 / 2^129, less than 10^-20 for a billion keys; the hash is SipHash-2-4 with a secret seed, so that nobody can make keys
// that collide, which would make one of them vanish. Pure.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

#include "base/ids.h"
#include "bytes/buffer.h"

namespace moldau::compaction {

struct HashSeed {
    std::uint64_t first = 0;
    std::uint64_t second = 0;
};

struct KeyHash {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    bool operator==(const KeyHash&) const = default;
};

// SipHash-2-4 with 128 bits (Aumasson, Bernstein 2012).
KeyHash hash_key(bytes::Span key, HashSeed seed);

// Thread: one. Invariant: count() <= keys_max().
class KeyOffsets {
public:
    // Room for as many keys as fit in `bytes_max`, but no more than `keys_wanted`.
    struct Size {
        std::size_t bytes_max = 0;
        std::size_t keys_wanted = 0;
    };
    KeyOffsets(Size size, HashSeed seed);

    // The key's last record is at `offset`, which is larger than all before. False when it is a new key and there is no
    // room.
    bool put(bytes::Span key, Offset offset);
    std::optional<Offset> find(bytes::Span key) const;
    std::size_t count() const { return count_; }
    std::size_t keys_max() const { return keys_max_; }
    std::size_t memory_bytes() const { return slots_ * sizeof(Slot); }

private:
    struct Slot {
        KeyHash hash;
        std::int64_t offset_and_one;  // 0: empty
    };
    struct Free {
        void operator()(Slot* slots) const { std::free(slots); }
    };
    std::size_t slot_of(const KeyHash& hash) const;

    HashSeed seed_;
    std::size_t slots_;
    std::size_t keys_max_;
    std::size_t count_ = 0;
    std::unique_ptr<Slot[], Free> table_;  // zeroed by the kernel page by page, not all at once
};

}  // namespace moldau::compaction
