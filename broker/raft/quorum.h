// Counting voters: how far a majority has the log on its disks, and whether a majority granted its vote.

#pragma once

#include <map>
#include <set>
#include <span>
#include <vector>

#include "base/ids.h"
#include "raft/types.h"

namespace moldau::raft {

// The largest offset below which more than half of `voters` have everything on their disks. Who is missing in `durable_ends`
// counts as 0. `voters` is not empty.
Offset quorum_end(std::span<const VoterId> voters, const std::map<VoterId, Offset>& durable_ends);

bool is_quorum(std::span<const VoterId> voters, const std::set<VoterId>& granted);

}  // namespace moldau::raft
