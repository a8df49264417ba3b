// A simulated consumer group that commits offsets, and what its members know after a crash.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "power_loss/history.h"
#include "power_loss/process.h"

namespace moldau::power_loss {

// Lifetime: a round's. One commit at a time; each commits a larger number.
class Committer {
public:
    Committer(std::string group, const History& target, Verdict& verdict)
        : group_(std::move(group)), target_(target), verdict_(verdict) {}

    void step(Process& process);
    void process_ended() { waits_ = false; }
    // Violates "committed" unless the last answered offset is there, or the one whose answer never came. False when the disk
    // crashed on the way.
    bool check(Process& process);

private:
    std::optional<std::int64_t> fetch(Process& process);

    const std::string group_;
    const History& target_;
    Verdict& verdict_;
    std::int64_t last_asked_ = -1;
    std::int64_t last_answered_ = -1;
    std::int64_t given_up_ = -1;  // what was asked up to here and is not there must not come back
    bool waits_ = false;
};

}  // namespace moldau::power_loss
