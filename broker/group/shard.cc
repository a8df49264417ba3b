// A shard's requests about membership, its timers, and the end of its writes.

#include "group/shard.h"

#include <utility>

#include "base/check.h"
#include "group/shard_step.h"

namespace moldau::group {

Shard::Shard(ShardOptions options) : options_(options) {}
Shard::~Shard() = default;

Errc Shard::refusal() const {
    switch (phase_) {
        case Phase::kLoading:
            return Errc::kCoordinatorLoadInProgress;
        case Phase::kActive:
            return Errc::kNone;
        case Phase::kStopped:
            return stop_error_;
    }
    return Errc::kUnknownServerError;
}

Group* Shard::lookup(const std::string& group_id) {
    const auto found = groups_.find(group_id);
    return found == groups_.end() ? nullptr : found->second.get();
}

const Group* Shard::find(const std::string& group_id) const {
    const auto found = groups_.find(group_id);
    return found == groups_.end() ? nullptr : found->second.get();
}

void Shard::for_each(const std::function<void(const Group&)>& visit) const {
    for (const auto& [id, group] : groups_) visit(*group);
}

Group& Shard::find_or_create(const std::string& group_id) {
    auto& group = groups_[group_id];
    if (!group) group = std::make_unique<Group>(group_id);
    return *group;
}

void Shard::settle(const std::string& group_id) {
    const auto found = groups_.find(group_id);
    if (found == groups_.end()) return;
    Group& group = *found->second;
    const bool is_void = group.is_void();
    const auto wanted = is_void ? std::nullopt : group.deadline();
    if (wanted != group.scheduled) {
        if (group.scheduled) timers_.erase({*group.scheduled, group_id});
        if (wanted) timers_.insert({*wanted, group_id});
        group.scheduled = wanted;
    }
    if (is_void) groups_.erase(found);
}

std::optional<MonoTime> Shard::deadline() const {
    if (timers_.empty()) return next_expiry_;
    const MonoTime first = timers_.begin()->first;
    return next_expiry_ ? std::min(first, *next_expiry_) : first;
}

Outputs Shard::finish(ShardStep& step) {
    step.outputs().deadline = deadline();
    return std::move(step.outputs());
}

// What can be refused without looking at the group. Kafka's checks, then ours that keep memory bounded.
Errc Shard::admit_join(const JoinFacts& facts, const wire::JoinGroupRequest& request) const {
    if (const Errc error = refusal(); error != Errc::kNone) return error;
    if (request.group_id.empty()) return Errc::kInvalidGroupId;
    const Millis session_timeout{request.session_timeout_ms};
    if (session_timeout < options_.session_timeout_min || session_timeout > options_.session_timeout_max) {
        return Errc::kInvalidSessionTimeout;
    }
    std::size_t bytes = facts.client.client_id.size() + facts.client.host.size();
    for (const auto& protocol : request.protocols) bytes += protocol.name.size() + protocol.metadata.size();
    if (request.protocols.size() > options_.protocols_max || bytes > options_.member_bytes_max) return Errc::kInvalidRequest;
    if (in_flight_.size() >= options_.writes_in_flight_max) return Errc::kCoordinatorLoadInProgress;
    if (groups_.contains(request.group_id)) return Errc::kNone;
    if (!request.member_id.empty()) return Errc::kUnknownMemberId;
    return groups_.size() < options_.groups_max ? Errc::kNone : Errc::kCoordinatorNotAvailable;
}

Outputs Shard::join(RequestToken token, const JoinFacts& facts, const wire::JoinGroupRequest& request, Now now) {
    ShardStep step{now, options_, in_flight_, last_write_};
    if (const Errc error = admit_join(facts, request); error != Errc::kNone) {
        step.reply(token, join_error(error, request.member_id, facts.version));
        return finish(step);
    }
    find_or_create(request.group_id).join(step, token, facts, request);
    settle(request.group_id);
    return finish(step);
}

Outputs Shard::sync(RequestToken token, std::int16_t version, const wire::SyncGroupRequest& request, Now now) {
    ShardStep step{now, options_, in_flight_, last_write_};
    Errc error = refusal();
    if (error == Errc::kNone && request.group_id.empty()) error = Errc::kInvalidGroupId;
    Group* group = lookup(request.group_id);
    if (error == Errc::kNone && !group) error = Errc::kUnknownMemberId;
    if (error != Errc::kNone) {
        wire::SyncGroupResponse response;
        response.error_code = kafka_code(error);
        step.reply(token, std::move(response));
        return finish(step);
    }
    group->sync(step, {token, version}, request);
    settle(request.group_id);
    return finish(step);
}

Outputs Shard::heartbeat(RequestToken token, const wire::HeartbeatRequest& request, Now now) {
    ShardStep step{now, options_, in_flight_, last_write_};
    Errc error = refusal();
    // Members live through the loading of their group.
    const bool is_loading = error == Errc::kCoordinatorLoadInProgress;
    if (is_loading) error = Errc::kNone;
    if (error == Errc::kNone && request.group_id.empty()) error = Errc::kInvalidGroupId;
    Group* group = lookup(request.group_id);
    if (error == Errc::kNone && !is_loading && !group) error = Errc::kUnknownMemberId;
    if (error != Errc::kNone || is_loading) {
        wire::HeartbeatResponse response;
        response.error_code = kafka_code(error);
        step.reply(token, std::move(response));
        return finish(step);
    }
    group->heartbeat(step, token, request);
    settle(request.group_id);
    return finish(step);
}

Outputs Shard::leave(RequestToken token, std::int16_t version, const wire::LeaveGroupRequest& request, Now now) {
    ShardStep step{now, options_, in_flight_, last_write_};
    Errc error = refusal();
    if (error == Errc::kNone && request.group_id.empty()) error = Errc::kInvalidGroupId;
    if (error != Errc::kNone) {
        wire::LeaveGroupResponse response;
        response.error_code = kafka_code(error);
        step.reply(token, std::move(response));
        return finish(step);
    }
    if (Group* group = lookup(request.group_id)) {
        group->leave(step, {token, version}, request);
        settle(request.group_id);
    } else {
        const std::vector<Errc> errors(request.members.size() + 1, Errc::kUnknownMemberId);
        step.reply(token, Group::left(request, version, errors));
    }
    return finish(step);
}

Outputs Shard::tick(Now now) {
    ShardStep step{now, options_, in_flight_, last_write_};
    if (phase_ != Phase::kActive) return finish(step);
    std::vector<std::string> due;
    for (auto timer = timers_.begin(); timer != timers_.end() && timer->first <= now.mono; ++timer)
        due.push_back(timer->second);
    for (const auto& group_id : due) {
        lookup(group_id)->expire(step);
        settle(group_id);
    }
    if (next_expiry_ && *next_expiry_ <= now.mono) expire_some_groups(step);
    return finish(step);
}

Outputs Shard::appended(WriteId write, Result<void> result, Now now) {
    ShardStep step{now, options_, in_flight_, last_write_};
    if (phase_ == Phase::kStopped) return finish(step);
    auto node = in_flight_.extract(write);
    CHECK(!node.empty());
    const auto failure = result ? std::nullopt : std::optional{append_error(result.error().code)};
    end_write(step, write, std::move(node.mapped()), failure);
    return finish(step);
}

void Shard::end_write(ShardStep& step, WriteId id, WriteInFlight write, std::optional<Errc> failure) {
    if (Group* group = lookup(write.group_id)) {
        for (const auto& slot : write.offsets) {
            if (failure) {
                group->offsets().roll_back(slot.topic, slot.partition, id);
            } else {
                group->offsets().commit(slot.topic, slot.partition, id);
            }
        }
        group->written(step, write.after, failure);
        if (write.deletes_group) group->deletion_ended(!failure);
        settle(write.group_id);
    }
    for (auto& reply : write.replies) {
        if (failure) set_error(reply.response, *failure);
        step.reply(reply.token, std::move(reply.response));
    }
}

Outputs Shard::stop(Errc error) {
    // Answers carry no time.
    ShardStep step{Now{}, options_, in_flight_, last_write_};
    if (phase_ != Phase::kStopped) stop_error_ = error;
    phase_ = Phase::kStopped;
    for (auto& [id, group] : groups_) group->stop(step, error);
    for (auto& [id, write] : std::exchange(in_flight_, {})) {
        for (auto& reply : write.replies) {
            set_error(reply.response, error);
            step.reply(reply.token, std::move(reply.response));
        }
    }
    groups_.clear();
    timers_.clear();
    next_expiry_.reset();
    return finish(step);
}

}  // namespace moldau::group
