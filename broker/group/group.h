// One classic consumer group: its members, its generation, and the rules by which it rebalances.
//
// The problem: members come and go on their own, each must end up with exactly one part of exactly one generation's
// assignment. The idea: Kafka's classic protocol. A change of members opens a join round (PreparingRebalance); when all have
// rejoined or time is up, the generation steps on, one of them leads and computes the assignment (CompletingRebalance); once
// that is committed, all get their part (Stable). Place: inside `Shard`, which finds the group, owns timers and writes;
// offsets are apart (group/offsets.h).

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "group/offsets.h"
#include "group/outputs.h"
#include "group/shard_options.h"
#include "group/step.h"
#include "wire/coordinator_records.h"
#include "wire/describe_groups.h"

namespace moldau::group {

enum class GroupState : std::uint8_t { kEmpty, kPreparingRebalance, kCompletingRebalance, kStable, kDead };

// As DescribeGroups and ListGroups write it: "PreparingRebalance".
std::string_view state_name(GroupState state);

// A request that is answered later.
struct Waiting {
    RequestToken token;
    std::int16_t version = 0;
};

struct Member {
    std::string id;
    std::optional<std::string> instance_id;  // static members (KIP-345)
    ClientInfo client;
    Millis rebalance_timeout{0};
    Millis session_timeout{0};
    std::vector<MemberProtocol> protocols;  // the preferred one first
    bytes::View assignment;

    // Volatile:
    std::optional<Waiting> join;  // rejoined, waits for the round's end
    std::optional<Waiting> sync;  // waits for the leader's assignment
    bool is_new = false;          // has not had the answer to its first join
    MonoTime session_deadline;

    const bytes::View* metadata(std::string_view protocol) const;
    // Waiting members need not beat: their request is in our hands. New ones may: their first join can be given up.
    bool may_be_silent() const { return !is_new && (join || sync); }
};

// The answer to a JoinGroup that goes no further.
wire::JoinGroupResponse join_error(Errc error, std::string member_id, std::int16_t version);

// Lifetime: owned by its shard. Thread: the shard's.
// Invariants: members are empty exactly in kEmpty and kDead, and possibly in kPreparingRebalance; the leader is a member; a
// member waits for a join only in kPreparingRebalance (or for the write of its new static id in kStable), for a sync only in
// kCompletingRebalance; the generation never decreases.
class Group {
public:
    using Members = std::map<std::string, Member, std::less<>>;

    explicit Group(std::string id) : id_(std::move(id)) {}
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;

    // Requests. Each answers its token now or later through a step.
    void join(Step& step, RequestToken token, const JoinFacts& facts, const wire::JoinGroupRequest& request);
    void sync(Step& step, Waiting waiting, const wire::SyncGroupRequest& request);
    void heartbeat(Step& step, RequestToken token, const wire::HeartbeatRequest& request);
    void leave(Step& step, Waiting waiting, const wire::LeaveGroupRequest& request);
    // The answer with one error for each who leaves; before version 3 there is exactly one.
    static wire::LeaveGroupResponse left(const wire::LeaveGroupRequest& request, std::int16_t version,
                                         const std::vector<Errc>& errors);
    // May this commit be accepted (kNone)? A member's commit also keeps its session alive.
    Errc admit_commit(Step& step, const wire::OffsetCommitRequest& request);

    // Time: whatever is due at step.now().
    void expire(Step& step);
    // When to call expire() at the latest; what was due then may have moved on since.
    std::optional<MonoTime> deadline() const { return wake_; }
    // The end of a write that this group asked for.
    void written(Step& step, const AfterWrite& after, std::optional<Errc> failure);

    // Replaces what was known by a record's value. Errors: kCorrupt when no group can have this state.
    Result<void> restore(const wire::GroupMetadataValue& value);
    // After loading: sessions start; a group that is too large for the settings rebalances.
    void resume(Step& step);
    // Answers all that waits with `error`; the group is dead.
    void stop(Step& step, Errc error);

    wire::DescribeGroupsResponse::DescribedGroup describe() const;

    const std::string& id() const { return id_; }
    GroupState state() const { return state_; }
    std::int32_t generation() const { return generation_; }
    const std::optional<std::string>& protocol_type() const { return protocol_type_; }
    const std::optional<std::string>& protocol_name() const { return protocol_name_; }
    const std::optional<std::string>& leader() const { return leader_; }
    const Members& members() const { return members_; }
    std::size_t pending_member_count() const { return pending_members_.size(); }
    bool is_empty() const { return state_ == GroupState::kEmpty; }
    // Is there anything that others may know of? Ids handed out in advance make no group.
    bool is_visible() const { return !is_empty() || has_record_ || deletions_in_flight_ > 0 || !offsets_.empty(); }
    // Nothing is left of it, in memory or in the log.
    bool is_void() const { return !is_visible() && pending_members_.empty(); }

    // Since when, for retention: the time of the last change of state, unknown for very old records and simple groups.
    std::optional<WallTime> state_since() const { return state_since_; }
    // Is a member of the stable group subscribed to `topic`, as far as can be known?
    bool is_subscribed(const std::string& topic) const;
    // Can offsets expire in this state at all, and if so: the time from which `offset`'s retention counts.
    std::optional<WallTime> retention_start(const CommittedOffset& offset) const;

    bool has_record() const { return has_record_; }
    // Its tombstone is on the way into the log, and has arrived there or failed. In between it may come to life again.
    void deletion_begun();
    void deletion_ended(bool is_deleted);
    // From the log: a tombstone.
    void forget_members();
    OffsetTable& offsets() { return offsets_; }
    const OffsetTable& offsets() const { return offsets_; }
    // The shard's note of when it next looks at this group's deadlines.
    std::optional<MonoTime> scheduled;

private:
    struct Joining;
    enum class JoinPhase : std::uint8_t { kNone, kInitialDelay, kRound };

    // group.cc: members and queries
    Member* find(std::string_view member_id);
    bool supports(std::string_view protocol_type, const std::vector<MemberProtocol>& protocols) const;
    std::set<std::string> candidate_protocols() const;
    std::string select_protocol() const;
    std::optional<std::set<std::string>> compute_subscribed_topics() const;
    Millis rebalance_timeout() const;
    std::size_t awaiting_join_count() const { return awaiting_join_; }
    bool all_joined() const { return awaiting_join_ == members_.size() && pending_members_.empty(); }
    Errc validate_member(const std::string& member_id, const std::optional<std::string>& instance_id) const;
    Member& add(Member member);
    void remove(Step& step, const std::string& member_id);
    void set_protocols(Member& member, std::vector<MemberProtocol> protocols);
    void await_join(Step& step, Member& member, Waiting waiting);
    Member& replace_static_member(Step& step, const std::string& id_old, const std::string& id_new);
    void rename_member(const std::string& id_old, const std::string& id_new);
    void transition(Step& step, GroupState next);
    void extend_session(Step& step, Member& member);
    void wake_by(MonoTime time);
    std::optional<MonoTime> earliest_deadline() const;

    // join.cc
    bool accepts(const std::string& member_id, const ShardOptions& options) const;
    void join_new(Step& step, const Joining& joining);
    void join_existing(Step& step, const Joining& joining);
    void join_stable(Step& step, const Joining& joining, Member& member);
    void add_and_rebalance(Step& step, const Joining& joining, const std::string& member_id);
    void update_and_rebalance(Step& step, const Joining& joining, Member& member);
    void update(Step& step, const Joining& joining, Member& member);
    void replace_and_rebalance(Step& step, const Joining& joining, const std::string& id_old, const std::string& id_new);
    void store_static_member(Step& step, StaticMemberStored undo);
    void static_member_stored(Step& step, const StaticMemberStored& write, std::optional<Errc> failure);
    wire::JoinGroupResponse joined(const Member& member, std::int16_t version) const;
    std::vector<wire::JoinGroupResponse::JoinGroupResponseMember> members_for_leader() const;
    void answer_join(Step& step, Member& member, wire::JoinGroupResponse response);

    // rebalance.cc
    void rebalance_or_complete(Step& step);
    void prepare_rebalance(Step& step);
    void maybe_complete_join(Step& step);
    void await_joins(Step& step, JoinPhase phase, Millis time);
    void initial_delay_over(Step& step);
    void complete_join(Step& step);
    void drop_absent_members(Step& step);
    bool elect_joined_leader();
    void start_generation(Step& step);
    void expire_members(Step& step);
    void sync_time_over(Step& step);

    // sync.cc
    Errc validate_sync(const wire::SyncGroupRequest& request, std::int16_t version) const;
    void sync_completing(Step& step, Waiting waiting, const wire::SyncGroupRequest& request);
    void store_assignment(Step& step, const wire::SyncGroupRequest& request);
    void assignment_stored(Step& step, const AssignmentStored& write, std::optional<Errc> failure);
    void answer_syncs(Step& step, Errc error);
    void sync_received(const std::string& member_id);
    void clear_assignments();
    wire::SyncGroupResponse synced(const Member& member) const;

    // leave.cc
    Errc leave_one(Step& step, const std::string& member_id, const std::optional<std::string>& instance_id);
    void rebalance_without(Step& step);

    void write_metadata(Step& step, const Assignments& assignments, AfterWrite after);

    std::string id_;
    GroupState state_ = GroupState::kEmpty;
    GroupState previous_state_ = GroupState::kEmpty;
    std::optional<WallTime> state_since_;
    std::int32_t generation_ = 0;
    std::optional<std::string> protocol_type_;
    std::optional<std::string> protocol_name_;
    std::optional<std::string> leader_;
    Members members_;
    std::map<std::string, std::string> static_members_;  // instance id -> member id
    std::map<std::string, std::size_t> supporters_;      // protocol -> members that speak it
    std::optional<std::set<std::string>> subscribed_topics_;
    bool has_record_ = false;  // the log may hold a record of this group that is no tombstone
    int deletions_in_flight_ = 0;
    OffsetTable offsets_;

    // Volatile: the join round and what is awaited.
    std::map<std::string, MonoTime> pending_members_;  // ids handed out, not joined yet (KIP-394) -> expiry
    std::set<std::string> pending_syncs_;
    std::size_t awaiting_join_ = 0;
    JoinPhase join_phase_ = JoinPhase::kNone;
    MonoTime join_deadline_;
    Millis initial_delay_{0};
    Millis initial_remaining_{0};
    bool new_member_added_ = false;
    std::optional<MonoTime> sync_deadline_;
    std::optional<MonoTime> wake_;
    bool assignment_in_flight_ = false;  // the leader's assignment of this generation is being written
};

}  // namespace moldau::group
