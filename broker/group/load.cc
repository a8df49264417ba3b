// A shard's way out of its log: every record in order, then the start of service.

#include <utility>

#include "group/records.h"
#include "group/shard.h"
#include "group/shard_step.h"

namespace moldau::group {

Result<void> Shard::replay(const std::optional<bytes::View>& key, const std::optional<bytes::View>& value) {
    if (!key) return {};
    MOLDAU_TRY_ASSIGN(decoded, decode_key(*key));
    if (const auto* offset = std::get_if<OffsetRecordKey>(&decoded)) {
        std::optional<CommittedOffset> committed;
        if (value) {
            MOLDAU_TRY_ASSIGN(stored, decode_offset_value(*value));
            committed = std::move(stored);
        }
        if (!committed && !lookup(offset->group_id)) return {};
        find_or_create(offset->group_id).offsets().restore(offset->topic, offset->partition, std::move(committed));
        settle(offset->group_id);
    } else if (const auto* group = std::get_if<GroupRecordKey>(&decoded)) {
        if (value) {
            MOLDAU_TRY_ASSIGN(stored, decode_group_value(*value));
            const auto restored = find_or_create(group->group_id).restore(stored);
            settle(group->group_id);
            return restored;
        }
        if (Group* known = lookup(group->group_id)) known->forget_members();
        settle(group->group_id);
    }
    return {};
}

Outputs Shard::finish_load(Now now) {
    ShardStep step{now, options_, in_flight_, last_write_};
    if (phase_ != Phase::kLoading) return finish(step);
    phase_ = Phase::kActive;
    next_expiry_ = now.mono + options_.offsets_retention_check_interval;
    std::vector<std::string> ids;
    for (auto& [id, group] : groups_) {
        group->resume(step);
        ids.push_back(id);
    }
    for (const auto& id : ids) settle(id);
    return finish(step);
}

}  // namespace moldau::group
