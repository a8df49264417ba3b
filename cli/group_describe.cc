// `moldau group describe`: state and members, and per partition what is committed, where the log ends and the lag between.

#include <map>
#include <span>

#include "admin_call.h"
#include "print.h"
#include "table.h"
#include "watermarks.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

using TopicPartition = std::pair<std::string, std::int32_t>;

struct Member {
    std::string id;
    std::string instance;  // empty: a dynamic member
    std::string client;
    std::string host;
    std::vector<TopicPartition> partitions;
};

struct Progress {
    std::optional<std::int64_t> committed;
    std::optional<std::int64_t> end;
    std::string member;  // empty: nobody reads the partition
    std::optional<std::int64_t> lag() const { return committed && end ? std::optional{*end - *committed} : std::nullopt; }
};

struct Group {
    std::string name;
    std::string state;
    std::string assignor;
    std::vector<Member> members;
    std::map<TopicPartition, Progress> partitions;
};

std::span<const rd_kafka_topic_partition_t> elements(const rd_kafka_topic_partition_list_t* list) {
    if (list == nullptr) return {};
    return {list->elems, static_cast<std::size_t>(list->cnt)};
}

std::string text_of(const char* text) { return text != nullptr ? text : ""; }

Member to_member(const rd_kafka_MemberDescription_t* described) {
    Member member{text_of(rd_kafka_MemberDescription_consumer_id(described)),
                  text_of(rd_kafka_MemberDescription_group_instance_id(described)),
                  text_of(rd_kafka_MemberDescription_client_id(described)),
                  text_of(rd_kafka_MemberDescription_host(described)),
                  {}};
    const auto* assignment = rd_kafka_MemberDescription_assignment(described);
    const auto* list = assignment != nullptr ? rd_kafka_MemberAssignment_partitions(assignment) : nullptr;
    for (const auto& one : elements(list)) member.partitions.emplace_back(one.topic, one.partition);
    return member;
}

Result<Group> describe_members(Client& client, const std::string& name) {
    const std::string what = "cannot describe group " + name;
    AdminCall call{client, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS};
    const char* request = name.c_str();
    rd_kafka_DescribeConsumerGroups(client.handle(), &request, 1, call.options(), call.queue());
    MOLDAU_TRY_ASSIGN(answer, call.wait(what));
    std::size_t count = 0;
    const auto* const* groups =
        rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(answer.get()), &count);
    if (count != 1) return fail(Errc::kUnknownServerError, what + ": the broker did not answer for it");
    const auto* error = rd_kafka_ConsumerGroupDescription_error(groups[0]);
    if (error != nullptr && rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return fail(failed(what, rd_kafka_error_code(error), rd_kafka_error_string(error)));
    }
    const auto state = rd_kafka_ConsumerGroupDescription_state(groups[0]);
    if (state == RD_KAFKA_CONSUMER_GROUP_STATE_DEAD) {
        return fail(Errc::kGroupIdNotFound, "there is no group " + name + ": see moldau group list");
    }
    Group group{name,
                rd_kafka_consumer_group_state_name(state),
                text_of(rd_kafka_ConsumerGroupDescription_partition_assignor(groups[0])),
                {},
                {}};
    for (std::size_t index = 0; index < rd_kafka_ConsumerGroupDescription_member_count(groups[0]); ++index) {
        group.members.push_back(to_member(rd_kafka_ConsumerGroupDescription_member(groups[0], index)));
    }
    return group;
}

Result<void> add_committed(Client& client, Group& group) {
    const std::string what = "cannot read the committed offsets of group " + group.name;
    const Owned<rd_kafka_ListConsumerGroupOffsets_t, rd_kafka_ListConsumerGroupOffsets_destroy> request{
        rd_kafka_ListConsumerGroupOffsets_new(group.name.c_str(), nullptr)};
    AdminCall call{client, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS};
    auto* first = request.get();
    rd_kafka_ListConsumerGroupOffsets(client.handle(), &first, 1, call.options(), call.queue());
    MOLDAU_TRY_ASSIGN(answer, call.wait(what));
    std::size_t count = 0;
    const auto* const* results = rd_kafka_ListConsumerGroupOffsets_result_groups(
        rd_kafka_event_ListConsumerGroupOffsets_result(answer.get()), &count);
    if (count != 1) return fail(Errc::kUnknownServerError, what + ": the broker did not answer for it");
    const auto* error = rd_kafka_group_result_error(results[0]);
    if (error != nullptr) return fail(failed(what, rd_kafka_error_code(error), rd_kafka_error_string(error)));
    for (const auto& one : elements(rd_kafka_group_result_partitions(results[0]))) {
        if (one.err != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(failed(what, one.err));
        if (one.offset >= 0) group.partitions[{one.topic, one.partition}].committed = one.offset;
    }
    return {};
}

Result<Group> describe(Client& client, const std::string& name) {
    MOLDAU_TRY_ASSIGN(group, describe_members(client, name));
    for (const auto& member : group.members) {
        for (const auto& partition : member.partitions) group.partitions[partition].member = member.id;
    }
    MOLDAU_TRY(add_committed(client, group));
    for (auto& [partition, progress] : group.partitions) {
        // A topic that is gone has no end; the rest of the group is still worth showing.
        const auto found = query_watermarks(client, {partition.first, partition.second});
        if (found) progress.end = found->latest;
        if (!found && found.error().code != Errc::kUnknownTopicOrPartition) return fail(found.error());
    }
    return group;
}

void put(wire::JsonWriter& json, const Member& member) {
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
