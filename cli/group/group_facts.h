// What the brokers know of a consumer group: its state, its members, its committed offsets.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cli/frame/client.h"

namespace moldau::cli {

using TopicPartition = std::pair<std::string, std::int32_t>;

struct GroupMember {
    std::string id;
    std::string instance;  // empty: a dynamic member
    std::string client;
    std::string host;
    std::vector<TopicPartition> partitions;
};

struct GroupFacts {
    std::string name;
    std::string state;  // "Stable", "Empty", "PreparingRebalance", ...; "Dead" when there is no such group
    std::string assignor;
    std::vector<GroupMember> members;

    bool exists() const { return state != "Dead"; }
    // Would its members write over what is changed from outside?
    bool is_active() const { return exists() && (!members.empty() || state != "Empty"); }
};

// A group that does not exist is an answer, too.
Result<GroupFacts> look_up_group(Client& client, const std::string& name);
// kGroupIdNotFound, with advice, when it does not exist.
Result<void> expect_exists(const GroupFacts& group);
// kNonEmptyGroup, with advice, when it is active.
Result<void> expect_inactive(const GroupFacts& group);

Result<std::map<TopicPartition, std::int64_t>> committed_offsets(Client& client, const std::string& name);

}  // namespace moldau::cli
