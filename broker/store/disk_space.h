// When to refuse producers because a disk fills, when to give up the reserve, when to go on.
//
// The problem: a disk filled to the last byte stops what would free it: deletions, cleaning, offsets and metadata need some
// bytes themselves. The idea: producers are refused while some space is left; a reserve file holds back more against other
// processes and is given up in need; both come back with a margin, so that the state does not flutter. Place: pure; one per
// data directory, asked by `DiskWatch`.

#pragma once

#include <cstdint>
#include <optional>

#include "io/file.h"

namespace moldau::store {

struct SpaceLimits {
    std::uint64_t free_bytes_min = 0;  // below it producers are refused
    std::uint64_t reserve_bytes = 0;   // of the reserve file; 0: none is kept

    // What the settings ask for; nullopt stands for the default: 2 % of the disk, at most 256 MiB, and 1 %, at most 64 MiB.
    static SpaceLimits of(std::uint64_t total_bytes, std::optional<std::uint64_t> free_bytes_min,
                          std::optional<std::uint64_t> reserve_bytes);
};

// Invariant: producers are accepted again only with the reserve in place.
class DiskSpaceRules {
public:
    struct Seen {
        std::uint64_t free_bytes = 0;
        std::uint64_t full_writes = 0;    // writes that met the full disk, ever
        std::uint64_t reserve_bytes = 0;  // that the reserve file holds now
    };
    enum class Reserve : std::uint8_t { kKeep, kGiveUp, kMake };
    struct Decision {
        bool refuse = false;
        Reserve reserve = Reserve::kKeep;
        bool operator==(const Decision&) const = default;
    };
    // Follows what was seen. After kMake the caller sees again at once.
    Decision see(const Seen& seen, const SpaceLimits& limits);

private:
    bool refusing_ = false;
    std::uint64_t full_writes_ = 0;
    int quiet_looks_ = 0;  // without new full writes
};

}  // namespace moldau::store
