// JoinGroup: who may join, and what joining does to the group.

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "group/group.h"

namespace moldau::group {
namespace {

constexpr std::int16_t kFirstVersionWithKnownMemberId = 4;  // KIP-394
constexpr std::int16_t kFirstVersionWithNullProtocol = 7;
constexpr std::int16_t kFirstVersionWithSkipAssignment = 9;  // KIP-814

// Java's UUID.toString, which member ids end with.
std::string uuid_text(const Uuid& uuid) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (std::size_t index = 0; index < uuid.bytes.size(); ++index) {
        if (index == 4 || index == 6 || index == 8 || index == 10) text += '-';
        text += kDigits[uuid.bytes[index] >> 4];
        text += kDigits[uuid.bytes[index] & 0xf];
    }
    return text;
}

// Views of a request keep its whole frame alive; what stays with the group is copied.
std::vector<MemberProtocol> own_protocols(const wire::JoinGroupRequest& request) {
    std::vector<MemberProtocol> protocols;
    for (const auto& protocol : request.protocols) {
        // A map in Kafka: the first of a name counts.
        if (std::ranges::find(protocols, protocol.name, &MemberProtocol::name) != protocols.end()) continue;
        protocols.push_back({protocol.name, bytes::View::copy_of(protocol.metadata.span())});
    }
    return protocols;
}

}  // namespace

wire::JoinGroupResponse join_error(Errc error, std::string member_id, std::int16_t version) {
    wire::JoinGroupResponse response;
    response.error_code = kafka_code(error);
    response.member_id = std::move(member_id);
    response.protocol_name = version < kFirstVersionWithNullProtocol ? std::optional<std::string>{""} : std::nullopt;
    return response;
}

// One JoinGroup, with what has been derived from it.
struct Group::Joining {
    Waiting waiting;
    const JoinFacts& facts;
    const wire::JoinGroupRequest& request;
    std::vector<MemberProtocol> protocols;

    Millis session_timeout() const { return Millis{request.session_timeout_ms}; }
    Millis rebalance_timeout() const {
        return Millis{facts.version == 0 ? request.session_timeout_ms : std::max(request.rebalance_timeout_ms, 0)};
    }
    void refuse(Step& step, Errc error, const std::string& member_id) const {
        step.reply(waiting.token, join_error(error, member_id, waiting.version));
    }
};

void Group::join(Step& step, RequestToken token, const JoinFacts& facts, const wire::JoinGroupRequest& request) {
    const Joining joining{{token, facts.version}, facts, request, own_protocols(request)};
    if (!accepts(request.member_id, step.options())) {
        remove(step, request.member_id);
        joining.refuse(step, Errc::kGroupMaxSizeReached, "");
        maybe_complete_join(step);
    } else if (request.member_id.empty()) {
        join_new(step, joining);
    } else {
        join_existing(step, joining);
    }
}

// While a round is open the members that have rejoined count, so that a group above its size sheds those that come last;
// static ones that are away keep their place, so there is a bound on all of them, too.
bool Group::accepts(const std::string& member_id, const ShardOptions& options) const {
    const auto found = members_.find(member_id);
    switch (state_) {
        case GroupState::kEmpty:
        case GroupState::kDead:
            return true;
        case GroupState::kPreparingRebalance:
            if (found == members_.end() && members_.size() / 2 >= options.members_max) return false;
            return (found != members_.end() && found->second.join) || awaiting_join_ < options.members_max;
        case GroupState::kCompletingRebalance:
        case GroupState::kStable:
            return found != members_.end() || members_.size() < options.members_max;
    }
    return false;
}

void Group::join_new(Step& step, const Joining& joining) {
    const auto& request = joining.request;
    if (state_ == GroupState::kDead) return joining.refuse(step, Errc::kCoordinatorNotAvailable, "");
    if (!supports(request.protocol_type, joining.protocols))
        return joining.refuse(step, Errc::kInconsistentGroupProtocol, "");

    const std::string& front = request.group_instance_id ? *request.group_instance_id : joining.facts.client.client_id;
    const std::string member_id = front + '-' + uuid_text(joining.facts.member_uuid);
    if (request.group_instance_id) {
        const auto existing = static_members_.find(*request.group_instance_id);
        if (existing == static_members_.end()) return add_and_rebalance(step, joining, member_id);
        return replace_and_rebalance(step, joining, std::string{existing->second}, member_id);
    }
    if (joining.facts.version < kFirstVersionWithKnownMemberId) return add_and_rebalance(step, joining, member_id);
    if (pending_members_.size() >= step.options().pending_members_max) {
        return joining.refuse(step, Errc::kGroupMaxSizeReached, "");
    }
    pending_members_[member_id] = step.now().mono + joining.session_timeout();
    wake_by(pending_members_[member_id]);
    joining.refuse(step, Errc::kMemberIdRequired, member_id);
}

void Group::join_existing(Step& step, const Joining& joining) {
    const auto& request = joining.request;
    const auto& member_id = request.member_id;
    if (state_ == GroupState::kDead) return joining.refuse(step, Errc::kCoordinatorNotAvailable, member_id);
    if (!supports(request.protocol_type, joining.protocols)) {
        return joining.refuse(step, Errc::kInconsistentGroupProtocol, member_id);
    }
    if (pending_members_.contains(member_id)) {
        // Ids are handed out in advance to dynamic members only.
        if (request.group_instance_id) return joining.refuse(step, Errc::kUnknownServerError, member_id);
        return add_and_rebalance(step, joining, member_id);
    }
    if (const Errc error = validate_member(member_id, request.group_instance_id); error != Errc::kNone) {
        return joining.refuse(step, error, member_id);
    }
    Member& member = *find(member_id);
    switch (state_) {
        case GroupState::kPreparingRebalance:
            return update_and_rebalance(step, joining, member);
        case GroupState::kCompletingRebalance:
            // Perhaps it never got the answer to its first try.
            if (member.protocols == joining.protocols) {
                return step.reply(joining.waiting.token, joined(member, joining.waiting.version));
            }
            return update_and_rebalance(step, joining, member);
        case GroupState::kStable:
            return join_stable(step, joining, member);
        case GroupState::kEmpty:
        case GroupState::kDead:
            return joining.refuse(step, Errc::kUnknownMemberId, member_id);
    }
}

// The leader rejoins to assign anew, for example because a topic grew; a follower only when it wants something else.
void Group::join_stable(Step& step, const Joining& joining, Member& member) {
    if (leader_ == member.id || member.protocols != joining.protocols) return update_and_rebalance(step, joining, member);
    step.reply(joining.waiting.token, joined(member, joining.waiting.version));
}

void Group::add_and_rebalance(Step& step, const Joining& joining, const std::string& member_id) {
    if (members_.empty()) protocol_type_ = joining.request.protocol_type;
    // A round that began with an empty group waits a little longer for each one who comes.
    if (state_ == GroupState::kPreparingRebalance && previous_state_ == GroupState::kEmpty) new_member_added_ = true;

    Member member;
    member.id = member_id;
    member.instance_id = joining.request.group_instance_id;
    member.client = joining.facts.client;
    member.rebalance_timeout = joining.rebalance_timeout();
    member.session_timeout = joining.session_timeout();
    member.protocols = joining.protocols;
    member.is_new = true;
    // It does not know its id yet and cannot beat.
    member.session_deadline = step.now().mono + step.options().new_member_join_timeout;
    wake_by(member.session_deadline);
    await_join(step, add(std::move(member)), joining.waiting);
    rebalance_or_complete(step);
}

void Group::update(Step& step, const Joining& joining, Member& member) {
    set_protocols(member, joining.protocols);
    member.rebalance_timeout = joining.rebalance_timeout();
    member.session_timeout = joining.session_timeout();
    await_join(step, member, joining.waiting);
}

void Group::update_and_rebalance(Step& step, const Joining& joining, Member& member) {
    update(step, joining, member);
    rebalance_or_complete(step);
}

// A static member came back under the same instance id: it takes the old one's place, and who still uses the old id is
// fenced.
void Group::replace_and_rebalance(Step& step, const Joining& joining, const std::string& id_old, const std::string& id_new) {
    StaticMemberStored undo;
    undo.token = joining.waiting.token;
    undo.version = joining.waiting.version;
    undo.generation = generation_;
    undo.member_id_old = id_old;
    undo.member_id_new = id_new;
    undo.leader_old = leader_.value_or("");

    Member& member = replace_static_member(step, id_old, id_new);
    undo.protocols_old = member.protocols;
    undo.rebalance_timeout_old = member.rebalance_timeout;
    undo.session_timeout_old = member.session_timeout;
    extend_session(step, member);
    update(step, joining, member);

    switch (state_) {
        case GroupState::kStable:
            // While the protocol stays the same, so does the assignment: its new owner is stored and told, and nobody else
            // notices.
            if (protocol_name_ == select_protocol()) return store_static_member(step, std::move(undo));
            return rebalance_or_complete(step);
        case GroupState::kCompletingRebalance:
            // The leader may be assigning to the old id right now.
            return prepare_rebalance(step);
        default:
            return maybe_complete_join(step);
    }
}

void Group::store_static_member(Step& step, StaticMemberStored undo) {
    Assignments assignments;
    for (const auto& [id, member] : members_) assignments[id] = member.assignment;
    write_metadata(step, assignments, std::move(undo));
}

void Group::static_member_stored(Step& step, const StaticMemberStored& write, std::optional<Errc> failure) {
    Member* member = find(write.member_id_new);
    const bool is_current = state_ == GroupState::kStable && generation_ == write.generation;
    // Otherwise a new round has begun meanwhile: the member is part of it and is answered with all others.
    if (!member || !member->join || member->join->token != write.token || !is_current) return;

    auto response = joined(*member, write.version);
    if (failure) {
        response = join_error(*failure, "", write.version);
        response.generation_id = generation_;
        response.protocol_type = protocol_type_;
        response.protocol_name = protocol_name_;
        response.leader = write.leader_old;
        answer_join(step, *member, std::move(response));
        set_protocols(*member, write.protocols_old);
        member->rebalance_timeout = write.rebalance_timeout_old;
        member->session_timeout = write.session_timeout_old;
        rename_member(write.member_id_new, write.member_id_old);
        return extend_session(step, *find(write.member_id_old));
    }
    if (write.version >= kFirstVersionWithSkipAssignment) {
        response.skip_assignment = leader_ == member->id;
    } else {
        // It must not take itself for the leader, who would assign although no round is open.
        response.leader = write.leader_old;
        response.members.clear();
    }
    answer_join(step, *member, std::move(response));
    extend_session(step, *member);
}

std::vector<wire::JoinGroupResponse::JoinGroupResponseMember> Group::members_for_leader() const {
    std::vector<wire::JoinGroupResponse::JoinGroupResponseMember> members;
    members.reserve(members_.size());
    for (const auto& [id, member] : members_) {
        const auto* metadata = protocol_name_ ? member.metadata(*protocol_name_) : nullptr;
        auto& entry = members.emplace_back();
        entry.member_id = id;
        entry.group_instance_id = member.instance_id;
        if (metadata) entry.metadata = *metadata;
    }
    return members;
}

// The current generation, as `member` is told of it.
wire::JoinGroupResponse Group::joined(const Member& member, std::int16_t version) const {
    auto response = join_error(Errc::kNone, member.id, version);
    response.generation_id = generation_;
    response.protocol_type = protocol_type_;
    if (protocol_name_) response.protocol_name = protocol_name_;
    response.leader = leader_.value_or("");
    if (leader_ == member.id) response.members = members_for_leader();
    return response;
}

void Group::answer_join(Step& step, Member& member, wire::JoinGroupResponse response) {
    const auto waiting = std::exchange(member.join, std::nullopt);
    if (!waiting) return;
    CHECK(awaiting_join_ > 0);
    --awaiting_join_;
    const bool has_name = response.protocol_name && !response.protocol_name->empty();
    if (!has_name && waiting->version >= kFirstVersionWithNullProtocol) response.protocol_name.reset();
    step.reply(waiting->token, std::move(response));
}

}  // namespace moldau::group
