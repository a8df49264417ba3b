// A group's rounds: opening one, waiting for its members, and starting the next generation. And what time alone does to a
// group.

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "group/group.h"

namespace moldau::group {
namespace {

// A round that nobody has rejoined is waited for again, for at least this long.
constexpr Millis kPostponedRoundMin{1000};

}  // namespace

// Members have changed: open a round unless one is open, which may be complete now.
void Group::rebalance_or_complete(Step& step) {
    if (state_ == GroupState::kPreparingRebalance || state_ == GroupState::kDead) return maybe_complete_join(step);
    prepare_rebalance(step);
}

void Group::prepare_rebalance(Step& step) {
    if (state_ == GroupState::kCompletingRebalance) {
        clear_assignments();
        answer_syncs(step, Errc::kRebalanceInProgress);
    }
    sync_deadline_.reset();
    assignment_in_flight_ = false;
    const bool is_initial = is_empty();
    transition(step, GroupState::kPreparingRebalance);
    if (is_initial) {
        // The first members of a group tend to come together; the delay spares them a round each.
        initial_delay_ = step.options().initial_rebalance_delay;
        initial_remaining_ = std::max(rebalance_timeout() - initial_delay_, Millis{0});
        new_member_added_ = false;
        await_joins(step, JoinPhase::kInitialDelay, initial_delay_);
    } else if (all_joined()) {
        complete_join(step);
    } else {
        await_joins(step, JoinPhase::kRound, rebalance_timeout());
    }
}

void Group::await_joins(Step& step, JoinPhase phase, Millis time) {
    join_phase_ = phase;
    join_deadline_ = step.now().mono + time;
    wake_by(join_deadline_);
}

void Group::maybe_complete_join(Step& step) {
    const bool is_delayed = previous_state_ == GroupState::kEmpty;
    if (state_ == GroupState::kPreparingRebalance && !is_delayed && all_joined()) complete_join(step);
}

void Group::initial_delay_over(Step& step) {
    if (!new_member_added_ || initial_remaining_ == Millis{0}) return complete_join(step);
    new_member_added_ = false;
    const Millis delay = std::min(step.options().initial_rebalance_delay, initial_remaining_);
    initial_remaining_ = std::max(initial_remaining_ - initial_delay_, Millis{0});
    initial_delay_ = delay;
    await_joins(step, JoinPhase::kInitialDelay, delay);
}

// Static members keep their place while their session lasts; others that have not rejoined in time are out.
void Group::drop_absent_members(Step& step) {
    std::vector<std::string> absent;
    for (const auto& [id, member] : members_) {
        if (!member.join && !member.instance_id) absent.push_back(id);
    }
    for (const auto& id : absent) remove(step, id);
}

bool Group::elect_joined_leader() {
    if (!leader_) return false;
    if (find(*leader_)->join) return true;
    const auto joined = std::ranges::find_if(members_, [](const auto& entry) { return entry.second.join.has_value(); });
    if (joined == members_.end()) return false;
    leader_ = joined->first;
    return true;
}

void Group::complete_join(Step& step) {
    drop_absent_members(step);
    if (!members_.empty() && !elect_joined_leader()) {
        return await_joins(step, JoinPhase::kRound, std::max(rebalance_timeout(), kPostponedRoundMin));
    }
    join_phase_ = JoinPhase::kNone;
    start_generation(step);
}

void Group::start_generation(Step& step) {
    generation_ = generation_ == std::numeric_limits<std::int32_t>::max() ? 1 : generation_ + 1;
    pending_syncs_.clear();
    if (members_.empty()) {
        protocol_name_.reset();
        subscribed_topics_ = compute_subscribed_topics();
        transition(step, GroupState::kEmpty);
        // Should this write fail, the last generation comes back after a restart and its members time out.
        return write_metadata(step, {}, {});
    }
    protocol_name_ = select_protocol();
    subscribed_topics_ = compute_subscribed_topics();
    transition(step, GroupState::kCompletingRebalance);
    for (auto& [id, member] : members_) {
        if (member.join) answer_join(step, member, joined(member, member.join->version));
        extend_session(step, member);
        member.is_new = false;
        pending_syncs_.insert(id);
    }
    sync_deadline_ = step.now().mono + rebalance_timeout();
    wake_by(*sync_deadline_);
}

void Group::expire(Step& step) {
    expire_members(step);
    const MonoTime now = step.now().mono;
    if (join_phase_ != JoinPhase::kNone && join_deadline_ <= now) {
        if (join_phase_ == JoinPhase::kInitialDelay) {
            initial_delay_over(step);
        } else {
            complete_join(step);
        }
    }
    if (sync_deadline_ && *sync_deadline_ <= now) sync_time_over(step);
    wake_ = earliest_deadline();
}

void Group::expire_members(Step& step) {
    const MonoTime now = step.now().mono;
    const auto pending_count = std::erase_if(pending_members_, [&](const auto& entry) { return entry.second <= now; });
    std::vector<std::string> silent;
    for (const auto& [id, member] : members_) {
        if (!member.may_be_silent() && member.session_deadline <= now) silent.push_back(id);
    }
    for (const auto& id : silent) remove(step, id);
    if (pending_count > 0) maybe_complete_join(step);
    if (!silent.empty()) rebalance_without(step);
}

// Who has not asked for its assignment by now is gone.
void Group::sync_time_over(Step& step) {
    sync_deadline_.reset();
    if (state_ != GroupState::kCompletingRebalance && state_ != GroupState::kStable) return;
    const auto missing = std::exchange(pending_syncs_, {});
    if (missing.empty()) return;
    for (const auto& id : missing) remove(step, id);
    prepare_rebalance(step);
}

}  // namespace moldau::group
