// What the model's clients hear, and what must hold.

#include <algorithm>
#include <set>
#include <utility>

#include "group/model_test.h"

namespace moldau::group {

void Model::hear(const Asked& asked, const Response& response) {
    Client& client = clients_[static_cast<std::size_t>(asked.client)];
    if (asked.request == Request::kJoin) return hear_join(asked, client, std::get<wire::JoinGroupResponse>(response));
    if (asked.request == Request::kSync) {
        const auto& synced = std::get<wire::SyncGroupResponse>(response);
        client.wants = synced.error_code == 0 ? Request::kHeartbeat : Request::kJoin;
        return hear_sync(asked, synced);
    }
    if (asked.request == Request::kHeartbeat) {
        const auto code = std::get<wire::HeartbeatResponse>(response).error_code;
        if (code == kafka_code(Errc::kFencedInstanceId)) client.member_id.clear();
        if (code != 0) client.wants = Request::kJoin;
    }
}

void Model::hear_join(const Asked& asked, Client& client, const wire::JoinGroupResponse& response) {
    const auto error = static_cast<Errc>(response.error_code);
    if (error == Errc::kMemberIdRequired) client.member_id = response.member_id;
    if (error == Errc::kUnknownMemberId || error == Errc::kFencedInstanceId) client.member_id.clear();
    if (error != Errc::kNone) return;
    client.member_id = response.member_id;
    client.generation = response.generation_id;
    client.wants = Request::kSync;
    if (response.skip_assignment) ++(*seen_)["skip_assignment"];
    client.is_leader = response.leader == response.member_id && !response.skip_assignment;
    client.members.clear();
    for (const auto& member : response.members) client.members.push_back(member.member_id);

    auto& newest = generations_[client.group];
    EXPECT_GE(response.generation_id, newest);
    newest = std::max(newest, response.generation_id);
    if (!response.members.empty()) {
        EXPECT_EQ(response.leader, response.member_id) << "only the leader learns of the members";
    }
    // A static leader that comes back renames the leader, and old versions are told the former name.
    if (client.instance || response.leader.starts_with("i")) return;
    const auto [leader, is_first] = leaders_.try_emplace({client.group, response.generation_id}, response.leader);
    EXPECT_EQ(leader->second, response.leader) << "two leaders in generation " << response.generation_id;
    EXPECT_TRUE(asked.member_id.empty() || asked.member_id == response.member_id);
}

void Model::hear_sync(const Asked& asked, const wire::SyncGroupResponse& response) {
    if (response.error_code != 0) return;
    const std::string part{response.assignment.text()};
    const std::string expected = part_of(asked.generation, asked.member_id);
    // A static member got the part of its former id; one that the leader did not know got nothing.
    const bool is_static = asked.member_id.starts_with("i");
    if (!is_static && !part.empty()) EXPECT_EQ(part, expected);
    if (is_static && !part.empty()) EXPECT_TRUE(part.starts_with(std::to_string(asked.generation) + "/i")) << part;
}

void Model::forget_gone_groups() {
    for (const auto& group_id : kGroups) {
        if (std::as_const(*shard_).find(group_id)) continue;
        generations_.erase(group_id);
        std::erase_if(leaders_, [&](const auto& entry) { return entry.first.first == group_id; });
    }
}

void Model::check_groups() {
    shard_->for_each([&](const Group& group) {
        EXPECT_EQ(group.leader().has_value(), !group.members().empty());
        if (group.leader()) EXPECT_TRUE(group.members().contains(*group.leader()));
        if (group.is_empty()) EXPECT_TRUE(group.members().empty());
        if (group.members().empty()) EXPECT_TRUE(group.is_empty() || group.state() == GroupState::kPreparingRebalance);
        EXPECT_LE(group.members().size(), 2 * options_.members_max);
        std::set<std::string> instances;
        for (const auto& [id, member] : group.members()) {
            EXPECT_EQ(id, member.id);
            if (member.instance_id) EXPECT_TRUE(instances.insert(*member.instance_id).second);
            if (member.sync) EXPECT_EQ(group.state(), GroupState::kCompletingRebalance);
            const bool may_wait = group.state() == GroupState::kPreparingRebalance ||
                                  (group.state() == GroupState::kStable && member.instance_id);
            if (member.join) EXPECT_TRUE(may_wait);
            if (!member.may_be_silent()) EXPECT_LE(*shard_->deadline(), member.session_deadline);
        }
        EXPECT_FALSE(group.is_void());
    });
}

std::map<OffsetSlotKey, CommittedOffset> Model::committed_of(const Group& group) {
    std::map<OffsetSlotKey, CommittedOffset> committed;
    for (const auto& [topic, partitions] : group.offsets().topics()) {
        for (const auto& [partition, slot] : partitions) {
            if (slot.committed) committed[{topic, partition}] = *slot.committed;
        }
    }
    return committed;
}

void Model::check_replay() {
    auto options = options_;
    options.members_max = 100;  // static members that are away may make a group larger than it should be
    Shard other{options};
    for (const auto& record : log_) ASSERT_TRUE(other.replay(record.key, record.value).has_value());
    static_cast<void>(other.finish_load(now()));
    shard_->for_each([&](const Group& group) {
        const Group* twin = other.find(group.id());
        const auto committed = committed_of(group);
        EXPECT_EQ(twin ? committed_of(*twin) : decltype(committed){}, committed);
        const bool is_settled = writes_.empty() && group.has_record();
        const bool is_comparable =
            group.state() == GroupState::kStable || (group.is_empty() && appends_ == Appends::kReliable);
        if (!is_settled || !is_comparable) return;
        ASSERT_NE(twin, nullptr);
        EXPECT_EQ(twin->generation(), group.generation());
        EXPECT_EQ(twin->state(), group.state());
        EXPECT_EQ(twin->leader(), group.leader());
        EXPECT_EQ(twin->describe(), group.describe());
    });
}

}  // namespace moldau::group
