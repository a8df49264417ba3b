// A group's way out of the log and, when its partition moves away, out of memory; and how it shows itself.

#include <algorithm>
#include <utility>

#include "group/group.h"

namespace moldau::group {

namespace {

Result<void> check(const std::string& group_id, const wire::GroupMetadataValue& value) {
    if (value.generation < 0) return fail(Errc::kCorrupt, "group " + group_id + " has a negative generation");
    if (!value.members.empty() && !value.protocol)
        return fail(Errc::kCorrupt, "group " + group_id + " has members but no protocol");
    std::set<std::string_view> ids;
    std::set<std::string_view> instance_ids;
    for (const auto& member : value.members) {
        const bool is_new = ids.insert(member.member_id).second;
        const bool is_new_instance = !member.group_instance_id || instance_ids.insert(*member.group_instance_id).second;
        if (!is_new || !is_new_instance) return fail(Errc::kCorrupt, "group " + group_id + " has a member twice");
    }
    return {};
}

}  // namespace

void Group::forget_members() {
    members_.clear();
    static_members_.clear();
    supporters_.clear();
    leader_.reset();
    protocol_type_.reset();
    protocol_name_.reset();
    subscribed_topics_.reset();
    state_since_.reset();
    state_ = GroupState::kEmpty;
    previous_state_ = state_;
    has_record_ = false;
}

void Group::deletion_begun() {
    ++deletions_in_flight_;
    has_record_ = false;
}

void Group::deletion_ended(bool is_deleted) {
    --deletions_in_flight_;
    if (!is_deleted) has_record_ = true;
}

Result<void> Group::restore(const wire::GroupMetadataValue& value) {
    MOLDAU_TRY(check(id_, value));
    forget_members();
    generation_ = value.generation;
    protocol_type_ = value.protocol_type.empty() ? std::nullopt : std::optional{value.protocol_type};
    protocol_name_ = value.protocol;
    state_ = value.members.empty() ? GroupState::kEmpty : GroupState::kStable;
    previous_state_ = state_;
    if (value.current_state_timestamp != -1) state_since_ = from_timestamp(value.current_state_timestamp);
    for (const auto& stored : value.members) {
        Member member;
        member.id = stored.member_id;
        member.instance_id = stored.group_instance_id;
        member.client = {stored.client_id, stored.client_host};
        member.session_timeout = Millis{std::max(stored.session_timeout, 0)};
        member.rebalance_timeout = stored.rebalance_timeout < 0 ? member.session_timeout : Millis{stored.rebalance_timeout};
        member.protocols.push_back({*value.protocol, bytes::View::copy_of(stored.subscription.span())});
        member.assignment = bytes::View::copy_of(stored.assignment.span());
        add(std::move(member));
    }
    if (value.leader && members_.contains(*value.leader)) leader_ = value.leader;
    subscribed_topics_ = compute_subscribed_topics();
    has_record_ = true;
    return {};
}

void Group::resume(Step& step) {
    for (auto& [id, member] : members_) extend_session(step, member);
    if (members_.size() > step.options().members_max) prepare_rebalance(step);
}

void Group::stop(Step& step, Errc error) {
    for (auto& [id, member] : members_) {
        if (member.join) {
            wire::JoinGroupResponse response;
            response.error_code = kafka_code(error);
            response.member_id = id;
            answer_join(step, member, std::move(response));
        }
    }
    answer_syncs(step, error);
    state_ = GroupState::kDead;
}

void Group::written(Step& step, const AfterWrite& after, std::optional<Errc> failure) {
    if (const auto* assignment = std::get_if<AssignmentStored>(&after)) assignment_stored(step, *assignment, failure);
    if (const auto* member = std::get_if<StaticMemberStored>(&after)) static_member_stored(step, *member, failure);
}

// What members say and get is shown only while it is settled.
wire::DescribeGroupsResponse::DescribedGroup Group::describe() const {
    wire::DescribeGroupsResponse::DescribedGroup described;
    described.group_id = id_;
    described.group_state = state_name(state_);
    described.protocol_type = protocol_type_.value_or("");
    const bool is_stable = state_ == GroupState::kStable;
    if (is_stable) described.protocol_data = protocol_name_.value_or("");
    for (const auto& [id, member] : members_) {
        auto& entry = described.members.emplace_back();
        entry.member_id = id;
        entry.group_instance_id = member.instance_id;
        entry.client_id = member.client.client_id;
        entry.client_host = member.client.host;
        entry.member_assignment = member.assignment;
        const auto* metadata = is_stable ? member.metadata(described.protocol_data) : nullptr;
        if (metadata) entry.member_metadata = *metadata;
    }
    return described;
}

}  // namespace moldau::group
