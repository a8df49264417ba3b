// Majorities over a voter set of any size.

#include "raft/quorum.h"

#include <algorithm>
#include <functional>

#include "base/check.h"

namespace moldau::raft {

Offset quorum_end(std::span<const VoterId> voters, const std::map<VoterId, Offset>& durable_ends) {
    CHECK(!voters.empty());
    std::vector<Offset> ends;
    for (const auto& voter : voters) {
        const auto found = durable_ends.find(voter);
        ends.push_back(found == durable_ends.end() ? Offset{0} : found->second);
    }
    std::ranges::sort(ends, std::greater<>{});
    return ends[ends.size() / 2];
}

bool is_quorum(std::span<const VoterId> voters, const std::set<VoterId>& granted) {
    const auto count = std::ranges::count_if(voters, [&](const VoterId& voter) { return granted.contains(voter); });
    return static_cast<std::size_t>(count) > voters.size() / 2;
}

}  // namespace moldau::raft
