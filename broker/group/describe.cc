// DescribeGroups and ListGroups.

#include <algorithm>
#include <utility>

#include "group/shard.h"

namespace moldau::group {
namespace {

constexpr std::int16_t kFirstVersionWithGroupNotFound = 6;
constexpr std::string_view kType = "classic";

bool equal_ignoring_case(std::string_view left, std::string_view right) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(left, right, {}, lower, lower);
}

bool passes(const std::vector<std::string>& filter, std::string_view value) {
    return filter.empty() ||
           std::ranges::any_of(filter, [&](const auto& wanted) { return equal_ignoring_case(wanted, value); });
}

}  // namespace

wire::DescribeGroupsResponse::DescribedGroup Shard::describe(const std::string& group_id, std::int16_t version) const {
    wire::DescribeGroupsResponse::DescribedGroup described;
    described.group_id = group_id;
    if (const Errc error = refusal(); error != Errc::kNone) {
        described.error_code = kafka_code(error);
        return described;
    }
    const Group* group = find(group_id);
    if (group && group->is_visible()) return group->describe();
    described.group_state = state_name(GroupState::kDead);
    if (version >= kFirstVersionWithGroupNotFound) {
        described.error_code = kafka_code(Errc::kGroupIdNotFound);
        described.error_message = "Group " + group_id + " not found.";
    }
    return described;
}

Result<std::vector<wire::ListGroupsResponse::ListedGroup>> Shard::list(const wire::ListGroupsRequest& request) const {
    if (const Errc error = refusal(); error != Errc::kNone) return fail(error, "list groups");
    std::vector<wire::ListGroupsResponse::ListedGroup> listed;
    if (!passes(request.types_filter, kType)) return listed;
    for (const auto& [id, group] : groups_) {
        const auto state = state_name(group->state());
        if (!group->is_visible() || !passes(request.states_filter, state)) continue;
        auto& entry = listed.emplace_back();
        entry.group_id = id;
        entry.protocol_type = group->protocol_type().value_or("");
        entry.group_state = state;
        entry.group_type = kType;
    }
    return listed;
}

}  // namespace moldau::group
