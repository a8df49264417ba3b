// The words of the consensus core: terms, voters, positions, entries.

#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/uuid.h"

namespace moldau::raft {

// A term is the log's leader epoch: one leader, one number.
using Term = LeaderEpoch;

// A voter is a broker together with the disk that holds its log, so that a wiped disk is not taken for the old voter.
struct VoterId {
    BrokerId node;
    Uuid directory;
    auto operator<=>(const VoterId&) const = default;
    std::string to_string() const;
};

// What a voter must never forget, or it might vote twice in one term.
struct HardState {
    Term term{0};
    std::optional<VoterId> vote;
    bool operator==(const HardState&) const = default;
};

// A place in the log: everything below `offset`, the last record of which is of `term`.
struct Position {
    Offset offset;
    Term term{0};
    bool operator==(const Position&) const = default;
};

// Where a term begins in the log.
struct TermStart {
    Term term;
    Offset offset;
    bool operator==(const TermStart&) const = default;
};

enum class EntryKind : std::uint8_t {
    kData,          // what was proposed
    kLeaderChange,  // the first entry of a term, written by its leader
};

// One record batch, records [base, base + records). What is in it is not the core's business.
struct Entry {
    Term term;
    Offset base;
    std::int32_t records = 1;
    EntryKind kind = EntryKind::kData;
    Offset end() const { return base + records; }
    bool operator==(const Entry&) const = default;
};

enum class Role : std::uint8_t {
    kFollower,   // also who knows no leader yet
    kCandidate,  // its vote for itself is not durable yet, or others' votes are missing
    kLeader,
    kFailed,  // its disk failed: it neither votes nor leads until it starts anew
};
const char* role_name(Role role);

}  // namespace moldau::raft
