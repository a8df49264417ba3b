// Offsets and groups that go: expired, deleted by an administrator, or with their topic.

#include <algorithm>
#include <set>
#include <utility>

#include "group/records.h"
#include "group/shard.h"
#include "group/shard_step.h"
#include "group/subscription.h"

namespace moldau::group {
namespace {

// One tick of the sweep; the next follows at once, so that requests get their turn in between.
constexpr std::size_t kGroupsPerSweep = 1000;
constexpr std::size_t kWritesPerSweep = 100;
constexpr Millis kSweepPause{10};

bool is_expired(const Group& group, const CommittedOffset& offset, const ShardOptions& options, WallTime now) {
    const auto start = group.retention_start(offset);
    if (!start) return false;
    if (offset.expire_timestamp) return to_timestamp(now) >= *offset.expire_timestamp;
    return *start <= now - options.offsets_retention;
}

}  // namespace

void Shard::write_tombstones(ShardStep& step, Group& group, std::vector<OffsetSlotKey> slots, Fate fate) {
    const std::size_t per_write = std::max<std::size_t>(options_.records_per_write_max, 2);
    std::size_t done = 0;
    while (done < slots.size() || fate == Fate::kGoes) {
        const std::size_t count = std::min(slots.size() - done, per_write - 1);
        std::vector<Record> records;
        for (std::size_t index = done; index < done + count; ++index) {
            records.push_back(offset_tombstone(group.id(), slots[index].topic, slots[index].partition));
        }
        const bool is_last = done + count == slots.size();
        const bool with_group = is_last && fate == Fate::kGoes;
        if (with_group) records.push_back(group_tombstone(group.id()));
        auto [id, write] = step.begin_write(group.id(), std::move(records));
        for (std::size_t index = done; index < done + count; ++index) {
            group.offsets().begin(slots[index].topic, slots[index].partition, id, std::nullopt);
            write.offsets.push_back(std::move(slots[index]));
        }
        done += count;
        if (with_group) {
            write.deletes_group = true;
            group.deletion_begun();
            fate = Fate::kStays;
        }
    }
}

void Shard::expire_some_groups(ShardStep& step) {
    std::size_t looked_at = 0;
    auto next = groups_.upper_bound(expired_up_to_);
    while (next != groups_.end() && looked_at < kGroupsPerSweep && step.write_count() < kWritesPerSweep) {
        Group& group = *next->second;
        ++next;
        ++looked_at;
        expired_up_to_ = group.id();
        expire_offsets(step, group);
        settle(expired_up_to_);
    }
    const bool is_done = next == groups_.end();
    if (is_done) expired_up_to_.clear();
    next_expiry_ = step.now().mono + (is_done ? options_.offsets_retention_check_interval : kSweepPause);
}

// Offsets past their retention go; with the last of them goes a group that has no members.
void Shard::expire_offsets(ShardStep& step, Group& group) {
    std::vector<OffsetSlotKey> expired;
    for (const auto& [topic, partitions] : group.offsets().topics()) {
        if (group.is_subscribed(topic)) continue;
        for (const auto& [partition, slot] : partitions) {
            const bool is_settled = slot.in_flight.empty() && slot.committed;
            if (is_settled && is_expired(group, *slot.committed, options_, step.now().wall))
                expired.push_back({topic, partition});
        }
    }
    const bool has_nothing_left =
        expired.size() == group.offsets().size() && group.is_empty() && group.pending_member_count() == 0;
    write_tombstones(step, group, std::move(expired), has_nothing_left && group.has_record() ? Fate::kGoes : Fate::kStays);
}

Outputs Shard::topic_deleted(const std::string& topic, Now now) {
    ShardStep step{now, options_, in_flight_, last_write_};
    if (phase_ != Phase::kActive) return finish(step);
    for (auto& [id, group] : groups_) {
        const auto found = group->offsets().topics().find(topic);
        if (found == group->offsets().topics().end()) continue;
        std::vector<OffsetSlotKey> slots;
        for (const auto& [partition, slot] : found->second) slots.push_back({topic, partition});
        write_tombstones(step, *group, std::move(slots), Fate::kStays);
    }
    return finish(step);
}

Errc Shard::admit_offset_delete(const Group* group) const {
    const Errc refused = refusal();
    if (refused != Errc::kNone) return refused;
    if (group == nullptr || !group->is_visible() || group->state() == GroupState::kDead) return Errc::kGroupIdNotFound;
    if (!group->is_empty() && group->protocol_type() != kConsumerProtocolType) return Errc::kNonEmptyGroup;
    return in_flight_.size() >= options_.writes_in_flight_max ? Errc::kCoordinatorLoadInProgress : Errc::kNone;
}

Outputs Shard::delete_offsets(RequestToken token, const wire::OffsetDeleteRequest& request, Now now) {
    ShardStep step{now, options_, in_flight_, last_write_};
    wire::OffsetDeleteResponse response;
    Group* group = lookup(request.group_id);
    if (const auto error = admit_offset_delete(group); error != Errc::kNone) {
        response.error_code = kafka_code(error);
        step.reply(token, std::move(response));
        return finish(step);
    }
    std::set<OffsetSlotKey> slots;
    for (const auto& topic : request.topics) {
        auto& answer = response.topics.emplace_back();
        answer.name = topic.name;
        const bool is_subscribed = group->is_subscribed(topic.name);
        for (const auto& partition : topic.partitions) {
            auto& row = answer.partitions.emplace_back();
            row.partition_index = partition.partition_index;
            if (is_subscribed) row.error_code = kafka_code(Errc::kGroupSubscribedToTopic);
            const bool is_known = group->offsets().find(topic.name, partition.partition_index) != nullptr;
            if (!is_subscribed && is_known) slots.insert({topic.name, partition.partition_index});
        }
    }
    write_tombstones(step, *group, {slots.begin(), slots.end()}, Fate::kStays);
    step.reply_after_writes(token, std::move(response));
    settle(request.group_id);
    return finish(step);
}

Outputs Shard::delete_group(RequestToken token, const std::string& group_id, Now now) {
    ShardStep step{now, options_, in_flight_, last_write_};
    wire::DeleteGroupsResponse::DeletableGroupResult result;
    result.group_id = group_id;
    Errc error = refusal();
    Group* group = lookup(group_id);
    if (error == Errc::kNone && (!group || !group->is_visible())) error = Errc::kGroupIdNotFound;
    if (error == Errc::kNone && !group->is_empty()) error = Errc::kNonEmptyGroup;
    if (error == Errc::kNone && in_flight_.size() >= options_.writes_in_flight_max) error = Errc::kCoordinatorLoadInProgress;
    if (error != Errc::kNone) {
        result.error_code = kafka_code(error);
        result.error_message = std::string{errc_text(error)};
        step.reply(token, std::move(result));
        return finish(step);
    }
    std::vector<OffsetSlotKey> slots;
    for (const auto& [topic, partitions] : group->offsets().topics()) {
        for (const auto& [partition, slot] : partitions) slots.push_back({topic, partition});
    }
    write_tombstones(step, *group, std::move(slots), Fate::kGoes);
    step.reply_after_writes(token, std::move(result));
    settle(group_id);
    return finish(step);
}

}  // namespace moldau::group
