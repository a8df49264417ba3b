// A simulated member of a consumer group of its own: joins, becomes stable, and must still be known after a crash.

#pragma once

#include <cstdint>
#include <string>

#include "power_loss/process.h"
#include "power_loss/verdict.h"
#include "wire/join_group.h"

namespace moldau::power_loss {

// Lifetime: a round's. One request at a time.
class Member {
public:
    Member(std::string group, Verdict& verdict) : group_(std::move(group)), verdict_(verdict) {}

    // Goes on joining; sends a heartbeat, or joins anew, once stable.
    void step(Process& process);
    void process_ended();
    // Violates "members" when the broker does not know a member whose SyncGroup was answered. False when the disk crashed on
    // the way.
    bool check(Process& process);

private:
    enum class State : std::uint8_t { kOutside, kNamed, kJoined, kStable };

    void join(Process& process);
    void joined(const wire::JoinGroupResponse& response);
    void sync(Process& process);
    void leave(Process& process);
    void forget();

    const std::string group_;
    Verdict& verdict_;
    State state_ = State::kOutside;
    std::string id_;
    std::int32_t generation_ = -1;
    std::uint64_t steps_ = 0;
    bool waits_ = false;
};

}  // namespace moldau::power_loss
