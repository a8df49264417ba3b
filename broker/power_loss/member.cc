// JoinGroup, SyncGroup, LeaveGroup, Heartbeat.

#include "power_loss/member.h"

#include "base/errc.h"
#include "wire/heartbeat.h"
#include "wire/leave_group.h"
#include "wire/sync_group.h"

namespace moldau::power_loss {
namespace {

constexpr std::int32_t kSessionMs = 300'000;  // longer than a round: silence is no reason to be forgotten
constexpr int kTriesMax = 200;
constexpr std::uint64_t kStepsBeforeLeaving = 6;

}  // namespace

void Member::forget() {
    state_ = State::kOutside;
    id_.clear();
    generation_ = -1;
}

void Member::process_ended() {
    if (waits_ && state_ == State::kStable) forget();  // a request to leave may have been carried out
    if (state_ != State::kStable) forget();
    waits_ = false;
}

void Member::step(Process& process) {
    if (waits_) return;
    if (state_ == State::kJoined) return sync(process);
    if (state_ != State::kStable) return join(process);
    if (++steps_ % kStepsBeforeLeaving == 0) leave(process);
}

void Member::join(Process& process) {
    waits_ = true;
    wire::JoinGroupRequest request;
    request.group_id = group_;
    request.session_timeout_ms = kSessionMs;
    request.rebalance_timeout_ms = 10'000;
    request.member_id = id_;
    request.protocol_type = "consumer";
    request.protocols.emplace_back().name = "range";
    process.ask<wire::JoinGroupResponse>(request, 9, [this](const wire::JoinGroupResponse& response) {
        waits_ = false;
        joined(response);
    });
}

void Member::joined(const wire::JoinGroupResponse& response) {
    const Errc error{response.error_code};
    if (error == Errc::kMemberIdRequired) {
        id_ = response.member_id;
        state_ = State::kNamed;
    } else if (error == Errc::kNone) {
        id_ = response.member_id;
        generation_ = response.generation_id;
        state_ = State::kJoined;
    } else {
        forget();
    }
}

void Member::sync(Process& process) {
    waits_ = true;
    wire::SyncGroupRequest request;
    request.group_id = group_;
    request.generation_id = generation_;
    request.member_id = id_;
    request.protocol_type = "consumer";
    request.protocol_name = "range";
    process.ask<wire::SyncGroupResponse>(request, 5, [this](const wire::SyncGroupResponse& response) {
        waits_ = false;
        if (response.error_code != 0) return forget();
        state_ = State::kStable;
    });
}

void Member::leave(Process& process) {
    waits_ = true;
    wire::LeaveGroupRequest request;
    request.group_id = group_;
    request.members.emplace_back().member_id = id_;
    process.ask<wire::LeaveGroupResponse>(request, 5, [this](const wire::LeaveGroupResponse&) {
        waits_ = false;
        forget();
    });
}

bool Member::check(Process& process) {
    if (state_ != State::kStable) return true;
    for (int tries = 0; tries < kTriesMax; ++tries) {
        wire::HeartbeatRequest request;
        request.group_id = group_;
        request.generation_id = generation_;
        request.member_id = id_;
        const auto response = process.ask_and_wait<wire::HeartbeatResponse>(request, 4);
        if (!response) return false;
        const Errc error{response->error_code};
        if (error == Errc::kNone) return true;
        if (error != Errc::kCoordinatorLoadInProgress) {
            verdict_.violate("members", group_ + ": its member got " + std::string{errc_name(error)});
            return false;
        }
        process.pass(std::chrono::milliseconds{10});
    }
    verdict_.violate("members", group_ + ": the coordinator never finished loading");
    return false;
}

}  // namespace moldau::power_loss
