// LeaveGroup, heartbeats, and whether a member may commit: requests that only need to know who asks.

#include <algorithm>
#include <utility>

#include "group/group.h"

namespace moldau::group {
namespace {

constexpr std::int16_t kFirstVersionWithMembers = 3;

}  // namespace

wire::LeaveGroupResponse Group::left(const wire::LeaveGroupRequest& request, std::int16_t version,
                                     const std::vector<Errc>& errors) {
    wire::LeaveGroupResponse response;
    if (version < kFirstVersionWithMembers) {
        response.error_code = kafka_code(errors.front());
        return response;
    }
    for (std::size_t index = 0; index < request.members.size(); ++index) {
        auto& member = response.members.emplace_back();
        member.member_id = request.members[index].member_id;
        member.group_instance_id = request.members[index].group_instance_id;
        member.error_code = kafka_code(errors[index]);
    }
    return response;
}

void Group::leave(Step& step, Waiting waiting, const wire::LeaveGroupRequest& request) {
    if (state_ == GroupState::kDead) {
        wire::LeaveGroupResponse response;
        response.error_code = kafka_code(Errc::kCoordinatorNotAvailable);
        return step.reply(waiting.token, std::move(response));
    }
    std::vector<Errc> errors;
    if (waiting.version < kFirstVersionWithMembers) {
        errors.push_back(leave_one(step, request.member_id, std::nullopt));
    } else {
        for (const auto& member : request.members)
            errors.push_back(leave_one(step, member.member_id, member.group_instance_id));
    }
    if (std::ranges::find(errors, Errc::kNone) != errors.end()) rebalance_without(step);
    step.reply_after_writes(waiting.token, left(request, waiting.version, errors));
}

// Operators remove static members by their instance id alone.
Errc Group::leave_one(Step& step, const std::string& member_id, const std::optional<std::string>& instance_id) {
    if (member_id.empty()) {
        const auto found = instance_id ? static_members_.find(*instance_id) : static_members_.end();
        if (found == static_members_.end()) return Errc::kUnknownMemberId;
        remove(step, std::string{found->second});
        return Errc::kNone;
    }
    if (pending_members_.erase(member_id) > 0) return Errc::kNone;
    const Errc error = validate_member(member_id, instance_id);
    if (error == Errc::kNone) remove(step, member_id);
    return error;
}

// Somebody has gone: the others share anew, or the open round has one less to wait for.
void Group::rebalance_without(Step& step) {
    if (state_ == GroupState::kStable || state_ == GroupState::kCompletingRebalance) return prepare_rebalance(step);
    maybe_complete_join(step);
}

void Group::heartbeat(Step& step, RequestToken token, const wire::HeartbeatRequest& request) {
    Errc error = state_ == GroupState::kDead ? Errc::kCoordinatorNotAvailable
                                             : validate_member(request.member_id, request.group_instance_id);
    if (error == Errc::kNone && request.generation_id != generation_) error = Errc::kIllegalGeneration;
    if (error == Errc::kNone && is_empty()) error = Errc::kUnknownMemberId;
    if (error == Errc::kNone) {
        extend_session(step, *find(request.member_id));
        if (state_ == GroupState::kPreparingRebalance) error = Errc::kRebalanceInProgress;
    }
    wire::HeartbeatResponse response;
    response.error_code = kafka_code(error);
    step.reply(token, std::move(response));
}

Errc Group::admit_commit(Step& step, const wire::OffsetCommitRequest& request) {
    if (state_ == GroupState::kDead) return Errc::kCoordinatorNotAvailable;
    const bool is_simple = request.generation_id_or_member_epoch < 0;
    // Consumers without membership and administrators: only while nobody else owns the offsets.
    if (is_simple && is_empty()) return Errc::kNone;
    if (is_simple && request.member_id.empty() && !request.group_instance_id) return Errc::kUnknownMemberId;

    if (const Errc error = validate_member(request.member_id, request.group_instance_id); error != Errc::kNone) return error;
    if (request.generation_id_or_member_epoch != generation_) return Errc::kIllegalGeneration;
    // The member knows the generation but not yet its part of it.
    if (state_ == GroupState::kCompletingRebalance) return Errc::kRebalanceInProgress;
    extend_session(step, *find(request.member_id));
    return Errc::kNone;
}

}  // namespace moldau::group
