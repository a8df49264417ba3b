// Has everything been read that is to be read? The thinking part of `moldau consume --exit-at-end`.
//
// The problem: a group gives partitions to its member and takes them away while it reads; counting ends that were reached
// would count partitions that are another member's by now, and stop while some of the own are unread. The idea: an end
// counts only while its partition is held, and between a taking and the next giving nothing is settled.

#pragma once

#include <cstdint>
#include <set>
#include <vector>

namespace moldau::cli {

// Invariant: at_end is a part of held.
class EndWatch {
public:
    void give(const std::vector<std::int32_t>& partitions) {
        is_settled_ = true;
        for (const auto partition : partitions) {
            held_.insert(partition);
            at_end_.erase(partition);  // it is read again from what is committed
        }
    }
    void take(const std::vector<std::int32_t>& partitions) {
        is_settled_ = false;
        for (const auto partition : partitions) {
            held_.erase(partition);
            at_end_.erase(partition);
        }
    }
    void reach_end(std::int32_t partition) {
        if (held_.contains(partition)) at_end_.insert(partition);
    }
    // A record came: the end that was reached is not the end any more.
    void read(std::int32_t partition) { at_end_.erase(partition); }

    // True also for a member that was given nothing.
    bool is_all_read() const { return is_settled_ && at_end_.size() == held_.size(); }

private:
    std::set<std::int32_t> held_;
    std::set<std::int32_t> at_end_;
    bool is_settled_ = false;
};

}  // namespace moldau::cli
