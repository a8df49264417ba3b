// Which leader epoch wrote which part of a log: for each epoch, where it starts.
//
// The problem: a replica that comes back must find where its log left the leader's (KIP-101, KIP-320), and consumers want to
// know whether their position was cut away. The idea: the start offsets of the epochs, ascending in both, in memory and in
// Kafka's file `leader-epoch-checkpoint` (docs/formats/leader-epoch-checkpoint.md). Pure: `Log` reads and writes the file.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace moldau::log {

struct EpochStart {
    LeaderEpoch epoch;
    Offset start;
    bool operator==(const EpochStart&) const = default;
};

struct EpochEnd {
    LeaderEpoch epoch = kNoLeaderEpoch;  // the largest one known that is not above the one asked for
    Offset end{-1};
};

// Invariant: entries ascend strictly in epoch and in start.
class LeaderEpochs {
public:
    // Errors: kCorrupt, kNewerFormat.
    static Result<LeaderEpochs> parse(std::string_view text);
    std::string format() const;

    // `epoch` begins at `start`. Entries that contradict it (same or larger epoch or start) go. Says whether anything
    // changed.
    bool assign(LeaderEpoch epoch, Offset start);
    // The log was cut to [.., end); says whether anything changed.
    bool truncate_to(Offset end);
    // The log begins at `start` now; the epoch that covers it begins there.
    bool advance_start(Offset start);
    void clear() { entries_.clear(); }

    LeaderEpoch latest() const { return entries_.empty() ? kNoLeaderEpoch : entries_.back().epoch; }
    // `log_end` is where the latest epoch ends. {kNoLeaderEpoch, -1} when `epoch` is older than all known.
    EpochEnd end_of(LeaderEpoch epoch, Offset log_end) const;
    LeaderEpoch at(Offset offset) const;
    const std::vector<EpochStart>& entries() const { return entries_; }

private:
    std::vector<EpochStart> entries_;
};

}  // namespace moldau::log
