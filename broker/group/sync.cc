// SyncGroup: the leader brings the assignment, all others fetch their part of it.

#include <utility>

#include "base/check.h"
#include "group/group.h"

namespace moldau::group {
namespace {

constexpr std::int16_t kFirstVersionWithProtocol = 5;

wire::SyncGroupResponse sync_error(Errc error) {
    wire::SyncGroupResponse response;
    response.error_code = kafka_code(error);
    return response;
}

std::size_t bytes_of(const wire::SyncGroupRequest& request) {
    std::size_t total = 0;
    for (const auto& entry : request.assignments) total += entry.member_id.size() + entry.assignment.size();
    return total;
}

}  // namespace

Errc Group::validate_sync(const wire::SyncGroupRequest& request, std::int16_t version) const {
    const bool lacks_protocol = !request.protocol_type || !request.protocol_name;
    if (version >= kFirstVersionWithProtocol && lacks_protocol) return Errc::kInconsistentGroupProtocol;
    if (state_ == GroupState::kDead) return Errc::kCoordinatorNotAvailable;
    if (const Errc error = validate_member(request.member_id, request.group_instance_id); error != Errc::kNone) return error;
    if (generation_ != request.generation_id) return Errc::kIllegalGeneration;
    const bool has_other_type = request.protocol_type && request.protocol_type != protocol_type_;
    const bool has_other_name = request.protocol_name && request.protocol_name != protocol_name_;
    if (has_other_type || has_other_name) return Errc::kInconsistentGroupProtocol;
    return Errc::kNone;
}

void Group::sync(Step& step, Waiting waiting, const wire::SyncGroupRequest& request) {
    Errc error = validate_sync(request, waiting.version);
    if (error == Errc::kNone && bytes_of(request) > step.options().assignment_bytes_max) error = Errc::kInvalidRequest;
    if (error == Errc::kNone && is_empty()) error = Errc::kUnknownMemberId;
    if (error == Errc::kNone && state_ == GroupState::kPreparingRebalance) error = Errc::kRebalanceInProgress;
    if (error != Errc::kNone) return step.reply(waiting.token, sync_error(error));

    if (state_ == GroupState::kCompletingRebalance) return sync_completing(step, waiting, request);
    CHECK(state_ == GroupState::kStable);
    sync_received(request.member_id);
    Member& member = *find(request.member_id);
    extend_session(step, member);
    step.reply(waiting.token, synced(member));
}

void Group::sync_completing(Step& step, Waiting waiting, const wire::SyncGroupRequest& request) {
    Member& member = *find(request.member_id);
    if (const auto older = std::exchange(member.sync, waiting)) {
        step.reply(older->token, sync_error(Errc::kRebalanceInProgress));
    }
    sync_received(member.id);
    if (leader_ == member.id && !assignment_in_flight_) store_assignment(step, request);
}

// Members that the leader left out get nothing; ids that are no members are dropped.
void Group::store_assignment(Step& step, const wire::SyncGroupRequest& request) {
    AssignmentStored after{generation_, {}};
    for (const auto& [id, member] : members_) after.assignments[id] = {};
    for (const auto& entry : request.assignments) {
        const auto found = after.assignments.find(entry.member_id);
        if (found != after.assignments.end()) found->second = bytes::View::copy_of(entry.assignment.span());
    }
    assignment_in_flight_ = true;
    const Assignments assignments = after.assignments;
    write_metadata(step, assignments, std::move(after));
}

void Group::assignment_stored(Step& step, const AssignmentStored& write, std::optional<Errc> failure) {
    // Otherwise a new round has begun meanwhile and has told everybody.
    if (state_ != GroupState::kCompletingRebalance || generation_ != write.generation) return;
    assignment_in_flight_ = false;
    if (failure) {
        clear_assignments();
        answer_syncs(step, *failure);
        return rebalance_or_complete(step);
    }
    for (auto& [id, member] : members_) {
        const auto found = write.assignments.find(id);
        member.assignment = found == write.assignments.end() ? bytes::View{} : found->second;
    }
    transition(step, GroupState::kStable);
    answer_syncs(step, Errc::kNone);
}

void Group::clear_assignments() {
    for (auto& [id, member] : members_) member.assignment = {};
}

void Group::answer_syncs(Step& step, Errc error) {
    for (auto& [id, member] : members_) {
        const auto waiting = std::exchange(member.sync, std::nullopt);
        if (!waiting) continue;
        step.reply(waiting->token, error == Errc::kNone ? synced(member) : sync_error(error));
        extend_session(step, member);
    }
}

void Group::sync_received(const std::string& member_id) {
    pending_syncs_.erase(member_id);
    if (pending_syncs_.empty()) sync_deadline_.reset();
}

wire::SyncGroupResponse Group::synced(const Member& member) const {
    wire::SyncGroupResponse response;
    response.protocol_type = protocol_type_;
    response.protocol_name = protocol_name_;
    response.assignment = member.assignment;
    return response;
}

}  // namespace moldau::group
