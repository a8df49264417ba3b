// `moldau group describe`: state and members, and per partition what is committed, where the log ends and the lag between.

#include <map>
#include <optional>

#include "cli/frame/admin_call.h"
#include "cli/frame/print.h"
#include "cli/frame/table.h"
#include "cli/frame/watermarks.h"
#include "cli/group/commands.h"
#include "cli/group/group_facts.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

struct PartitionProgress {
    std::optional<std::int64_t> committed;
    std::optional<std::int64_t> end;
    std::string member;  // empty: nobody reads the partition
    std::optional<std::int64_t> lag() const { return committed && end ? std::optional{*end - *committed} : std::nullopt; }
};

struct Group : GroupFacts {
    std::map<TopicPartition, PartitionProgress> partitions;
};

Result<Group> describe(Client& client, const std::string& name) {
    MOLDAU_TRY_ASSIGN(facts, look_up_group(client, name));
    MOLDAU_TRY(expect_exists(facts));
    Group group{std::move(facts), {}};
    for (const auto& member : group.members) {
        for (const auto& partition : member.partitions) group.partitions[partition].member = member.id;
    }
    MOLDAU_TRY_ASSIGN(committed, committed_offsets(client, name));
    for (const auto& [partition, offset] : committed) group.partitions[partition].committed = offset;
    for (auto& [partition, progress] : group.partitions) {
        // A topic that is gone has no end; the rest of the group is still worth showing.
        const auto found = query_watermarks(client, {partition.first, partition.second});
        if (found) progress.end = found->latest;
        if (!found && found.error().code != Errc::kUnknownTopicOrPartition) return fail(found.error());
    }
    return group;
}

void put(wire::JsonWriter& json, const GroupMember& member) {
    json.begin_object();
    json.member("member", member.id);
    json.member("instance", member.instance.empty() ? std::nullopt : std::optional{member.instance});
    json.member("client", member.client);
    json.member("host", member.host);
    json.key("partitions");
    json.begin_array();
    for (const auto& [topic, partition] : member.partitions) {
        json.begin_object();
        json.member("topic", topic);
        json.member("partition", partition);
        json.end_object();
    }
    json.end_array();
    json.end_object();
}

void print_json(const Group& group) {
    wire::JsonWriter json;
    json.begin_object();
    json.member("group", group.name);
    json.member("state", group.state);
    json.member("assignor", group.assignor);
    json.key("members");
    json.begin_array();
    for (const auto& member : group.members) put(json, member);
    json.end_array();
    json.key("partitions");
    json.begin_array();
    for (const auto& [name, progress] : group.partitions) {
        json.begin_object();
        json.member("topic", name.first);
        json.member("partition", name.second);
        json.member("committed", progress.committed);
        json.member("end", progress.end);
        json.member("lag", progress.lag());
        json.member("member", progress.member.empty() ? std::nullopt : std::optional{progress.member});
        json.end_object();
    }
    json.end_array();
    json.end_object();
    print(json.take() + "\n");
}

std::string number_text(const std::optional<std::int64_t>& number) { return number ? std::to_string(*number) : "-"; }

void print_text(const Group& group) {
    print("group " + group.name + "\n  state " + group.state +
          (group.assignor.empty() ? "" : ", assignor " + group.assignor) + "\n");
    if (!group.members.empty()) {
        Table members{{"  MEMBER", "INSTANCE", "CLIENT", "HOST", "PARTITIONS"}};
        for (const auto& member : group.members) {
            members.add_row({"  " + member.id, member.instance.empty() ? "-" : member.instance, member.client, member.host,
                             std::to_string(member.partitions.size())});
        }
        print(members.text());
    }
    if (group.partitions.empty()) return;
    Table table{{"  TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "MEMBER"}};
    for (const auto& [name, progress] : group.partitions) {
        table.add_row({"  " + name.first, std::to_string(name.second), number_text(progress.committed),
                       number_text(progress.end), number_text(progress.lag()),
                       progress.member.empty() ? "-" : progress.member});
    }
    print(table.text());
}

}  // namespace

Result<void> run(const Global& global, const GroupDescribe& options) {
    MOLDAU_TRY_ASSIGN(client, Client::connect(global));
    Failures failures;
    for (const auto& name : options.names) {
        const auto group = describe(*client, name);
        if (!group) {
            failures.add(group.error());
        } else if (global.output == Output::kJson) {
            print_json(*group);
        } else {
            print_text(*group);
        }
    }
    return failures.result();
}

}  // namespace moldau::cli
