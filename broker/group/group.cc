// The members of a group: who they are, what they can speak, and who may ask what.

#include "group/group.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "group/records.h"
#include "group/subscription.h"

namespace moldau::group {

std::string_view state_name(GroupState state) {
    switch (state) {
        case GroupState::kEmpty:
            return "Empty";
        case GroupState::kPreparingRebalance:
            return "PreparingRebalance";
        case GroupState::kCompletingRebalance:
            return "CompletingRebalance";
        case GroupState::kStable:
            return "Stable";
        case GroupState::kDead:
            return "Dead";
    }
    return "Dead";
}

const bytes::View* Member::metadata(std::string_view protocol) const {
    const auto found = std::ranges::find(protocols, protocol, &MemberProtocol::name);
    return found == protocols.end() ? nullptr : &found->metadata;
}

Member* Group::find(std::string_view member_id) {
    const auto found = members_.find(member_id);
    return found == members_.end() ? nullptr : &found->second;
}

bool Group::supports(std::string_view protocol_type, const std::vector<MemberProtocol>& protocols) const {
    if (is_empty()) return !protocol_type.empty() && !protocols.empty();
    if (!protocol_type_ || *protocol_type_ != protocol_type) return false;
    return std::ranges::any_of(protocols, [&](const MemberProtocol& protocol) {
        const auto found = supporters_.find(protocol.name);
        return (found == supporters_.end() ? 0 : found->second) == members_.size();
    });
}

std::set<std::string> Group::candidate_protocols() const {
    std::set<std::string> candidates;
    for (const auto& [name, count] : supporters_) {
        if (count == members_.size()) candidates.insert(name);
    }
    return candidates;
}

// Each member votes for the first of its protocols that all can speak; between equals the leader's order decides.
std::string Group::select_protocol() const {
    const auto candidates = candidate_protocols();
    const auto vote_of = [&](const Member& member) -> const std::string& {
        const auto found =
            std::ranges::find_if(member.protocols, [&](const auto& own) { return candidates.contains(own.name); });
        CHECK(found != member.protocols.end());
        return found->name;
    };
    std::map<std::string, std::size_t> votes;
    for (const auto& [id, member] : members_) ++votes[vote_of(member)];

    CHECK(leader_ && members_.contains(*leader_));
    const auto& preferences = members_.find(*leader_)->second.protocols;  // hold every candidate
    std::string best;
    std::size_t most = 0;
    for (const auto& protocol : preferences) {
        const auto found = votes.find(protocol.name);
        if (found == votes.end() || found->second <= most) continue;
        best = protocol.name;
        most = found->second;
    }
    CHECK(most > 0);
    return best;
}

std::optional<std::set<std::string>> Group::compute_subscribed_topics() const {
    if (protocol_type_ != kConsumerProtocolType) return std::nullopt;
    std::set<std::string> topics;
    if (members_.empty()) return topics;
    if (!protocol_name_) return std::nullopt;
    for (const auto& [id, member] : members_) {
        const auto* metadata = member.metadata(*protocol_name_);
        auto own = metadata ? subscribed_topics(*metadata) : std::nullopt;
        if (!own) return std::nullopt;
        topics.insert(std::make_move_iterator(own->begin()), std::make_move_iterator(own->end()));
    }
    return topics;
}

Millis Group::rebalance_timeout() const {
    Millis longest{0};
    for (const auto& [id, member] : members_) longest = std::max(longest, member.rebalance_timeout);
    return longest;
}

Errc Group::validate_member(const std::string& member_id, const std::optional<std::string>& instance_id) const {
    if (instance_id) {
        const auto found = static_members_.find(*instance_id);
        if (found == static_members_.end()) return Errc::kUnknownMemberId;
        if (found->second != member_id) return Errc::kFencedInstanceId;
    }
    return members_.contains(member_id) ? Errc::kNone : Errc::kUnknownMemberId;
}

Member& Group::add(Member member) {
    const std::string id = member.id;
    for (const auto& protocol : member.protocols) ++supporters_[protocol.name];
    if (member.instance_id) static_members_[*member.instance_id] = id;
    if (!leader_) leader_ = id;
    pending_members_.erase(id);
    const auto [place, is_new] = members_.emplace(id, std::move(member));
    CHECK(is_new);
    return place->second;
}

void Group::remove(Step& step, const std::string& member_id) {
    pending_members_.erase(member_id);
    pending_syncs_.erase(member_id);
    const auto found = members_.find(member_id);
    if (found == members_.end()) return;
    Member& member = found->second;
    // Whatever it still waits for tells it to begin anew.
    if (member.join) {
        wire::JoinGroupResponse response;
        response.error_code = kafka_code(Errc::kUnknownMemberId);
        answer_join(step, member, std::move(response));
    }
    if (const auto waiting = std::exchange(member.sync, std::nullopt)) {
        wire::SyncGroupResponse response;
        response.error_code = kafka_code(Errc::kUnknownMemberId);
        step.reply(waiting->token, std::move(response));
    }
    set_protocols(member, {});
    if (member.instance_id) static_members_.erase(*member.instance_id);
    members_.erase(found);
    if (leader_ == member_id) {
        leader_ = members_.empty() ? std::nullopt : std::optional{members_.begin()->first};
    }
}

void Group::set_protocols(Member& member, std::vector<MemberProtocol> protocols) {
    for (const auto& protocol : member.protocols) {
        const auto found = supporters_.find(protocol.name);
        CHECK(found != supporters_.end());
        if (--found->second == 0) supporters_.erase(found);
    }
    member.protocols = std::move(protocols);
    for (const auto& protocol : member.protocols) ++supporters_[protocol.name];
}

void Group::await_join(Step& step, Member& member, Waiting waiting) {
    if (member.join) {
        // The same member asked again on another connection: the older request must not hang.
        wire::JoinGroupResponse response;
        response.error_code = kafka_code(Errc::kRebalanceInProgress);
        response.member_id = member.id;
        answer_join(step, member, std::move(response));
    }
    member.join = waiting;
    ++awaiting_join_;
}

void Group::rename_member(const std::string& id_old, const std::string& id_new) {
    auto node = members_.extract(id_old);
    CHECK(!node.empty());
    node.key() = id_new;
    Member& member = node.mapped();
    member.id = id_new;
    CHECK(member.instance_id.has_value());
    static_members_[*member.instance_id] = id_new;
    if (leader_ == id_old) leader_ = id_new;
    pending_syncs_.erase(id_old);
    members_.insert(std::move(node));
}

Member& Group::replace_static_member(Step& step, const std::string& id_old, const std::string& id_new) {
    Member* old = find(id_old);
    CHECK(old != nullptr);
    if (old->join) {
        wire::JoinGroupResponse response;
        response.error_code = kafka_code(Errc::kFencedInstanceId);
        response.member_id = id_old;
        answer_join(step, *old, std::move(response));
    }
    if (const auto waiting = std::exchange(old->sync, std::nullopt)) {
        wire::SyncGroupResponse response;
        response.error_code = kafka_code(Errc::kFencedInstanceId);
        step.reply(waiting->token, std::move(response));
    }
    old->is_new = false;  // whoever takes the place waits as others do
    rename_member(id_old, id_new);
    return *find(id_new);
}

void Group::transition(Step& step, GroupState next) {
    previous_state_ = state_;
    state_ = next;
    state_since_ = step.now().wall;
}

void Group::extend_session(Step& step, Member& member) {
    member.session_deadline = step.now().mono + member.session_timeout;
    wake_by(member.session_deadline);
}

bool Group::is_subscribed(const std::string& topic) const {
    if (subscribed_topics_) return subscribed_topics_->contains(topic);
    return protocol_type_ == kConsumerProtocolType;
}

std::optional<WallTime> Group::retention_start(const CommittedOffset& offset) const {
    const WallTime committed = from_timestamp(offset.commit_timestamp);
    if (!protocol_type_) return committed;
    if (is_empty()) return state_since_.value_or(committed);
    const bool knows_topics = protocol_type_ == kConsumerProtocolType && subscribed_topics_.has_value();
    if (knows_topics && state_ == GroupState::kStable) return committed;
    return std::nullopt;
}

void Group::wake_by(MonoTime time) {
    if (!wake_ || time < *wake_) wake_ = time;
}

std::optional<MonoTime> Group::earliest_deadline() const {
    std::optional<MonoTime> earliest;
    const auto consider = [&](MonoTime time) {
        if (!earliest || time < *earliest) earliest = time;
    };
    if (join_phase_ != JoinPhase::kNone) consider(join_deadline_);
    if (sync_deadline_) consider(*sync_deadline_);
    for (const auto& [id, expiry] : pending_members_) consider(expiry);
    for (const auto& [id, member] : members_) {
        if (!member.may_be_silent()) consider(member.session_deadline);
    }
    return earliest;
}

void Group::write_metadata(Step& step, const Assignments& assignments, AfterWrite after) {
    wire::GroupMetadataValue value;
    value.protocol_type = protocol_type_.value_or("");
    value.generation = generation_;
    value.protocol = protocol_name_;
    value.leader = leader_;
    value.current_state_timestamp = state_since_ ? to_timestamp(*state_since_) : -1;
    for (const auto& [id, member] : members_) {
        const auto* subscription = protocol_name_ ? member.metadata(*protocol_name_) : nullptr;
        const auto assignment = assignments.find(id);
        CHECK(subscription != nullptr && assignment != assignments.end());
        auto& stored = value.members.emplace_back();
        stored.member_id = id;
        stored.group_instance_id = member.instance_id;
        stored.client_id = member.client.client_id;
        stored.client_host = member.client.host;
        stored.rebalance_timeout = static_cast<std::int32_t>(member.rebalance_timeout.count());
        stored.session_timeout = static_cast<std::int32_t>(member.session_timeout.count());
        stored.subscription = *subscription;
        stored.assignment = assignment->second;
    }
    has_record_ = true;
    step.write(id_, {group_record(id_, value)}, std::move(after));
}

}  // namespace moldau::group
