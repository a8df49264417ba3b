// `moldau group delete`: whole groups, or what one has committed for some topics.

#include <algorithm>
#include <span>

#include "cli/frame/admin_call.h"
#include "cli/frame/print.h"
#include "cli/group/commands.h"
#include "cli/group/group_facts.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

void print_deleted(const Global& global, const std::string& group) {
    if (global.output == Output::kText) return print("deleted group " + group + "\n");
    wire::JsonWriter json;
    json.begin_object();
    json.member("deleted", group);
    json.end_object();
    print(json.take() + "\n");
}

void print_forgotten(const Global& global, const std::string& group, const TopicPartition& partition) {
    const auto& [topic, number] = partition;
    if (global.output == Output::kText) {
        return print("deleted the offset of group " + group + " in " + topic + "-" + std::to_string(number) + "\n");
    }
    wire::JsonWriter json;
    json.begin_object();
    json.member("group", group);
    json.member("topic", topic);
    json.member("partition", number);
    json.member("deleted", true);
    json.end_object();
    print(json.take() + "\n");
}

Error group_error(const std::string& name, const rd_kafka_error_t* error) {
    const auto code = rd_kafka_error_code(error);
    if (code == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND) {
        return to_error(code, "there is no group " + name + ": see moldau group list");
    }
    if (code == RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP) {
        return to_error(code, "group " + name + " is active: stop its members first, see moldau group describe " + name);
    }
    return failed("cannot delete group " + name, code, rd_kafka_error_string(error));
}

Result<void> delete_groups(const Global& global, Client& client, const GroupDelete& options) {
    std::vector<Owned<rd_kafka_DeleteGroup_t, rd_kafka_DeleteGroup_destroy>> groups;
    std::vector<rd_kafka_DeleteGroup_t*> request;
    for (const auto& name : options.names) {
        groups.emplace_back(rd_kafka_DeleteGroup_new(name.c_str()));
        request.push_back(groups.back().get());
    }
    AdminCall call{client, RD_KAFKA_ADMIN_OP_DELETEGROUPS};
    rd_kafka_DeleteGroups(client.handle(), request.data(), request.size(), call.options(), call.queue());
    MOLDAU_TRY_ASSIGN(answer, call.wait("cannot delete groups"));
    std::size_t count = 0;
    const auto* const* results =
        rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(answer.get()), &count);
    Failures failures;
    for (const auto* result : std::span(results, count)) {
        const std::string name = rd_kafka_group_result_name(result);
        const auto* error = rd_kafka_group_result_error(result);
        if (error != nullptr) {
            failures.add(group_error(name, error));
        } else {
            print_deleted(global, name);
        }
    }
    return failures.result();
}

// The partitions to forget: those that were named, or all of a topic for which something is committed.
Result<std::vector<TopicPartition>> choose(Client& client, const GroupDelete& options) {
    const auto& name = options.names.front();
    MOLDAU_TRY_ASSIGN(group, look_up_group(client, name));
    MOLDAU_TRY(expect_exists(group));
    MOLDAU_TRY_ASSIGN(committed, committed_offsets(client, name));
    std::vector<TopicPartition> chosen;
    for (const auto& selection : options.topics) {
        const auto before = chosen.size();
        for (const auto& [partition, offset] : committed) {
            const auto& wanted = selection.partitions;
            const bool is_wanted = wanted.empty() || std::ranges::find(wanted, partition.second) != wanted.end();
            if (partition.first == selection.topic && is_wanted) chosen.push_back(partition);
        }
        const bool is_whole = chosen.size() - before == selection.partitions.size() || selection.partitions.empty();
        if (chosen.size() > before && is_whole) continue;
        return fail(Errc::kUnknownTopicOrPartition, "group " + name + " has not committed for all of " + selection.topic +
                                                        ": see moldau group describe " + name);
    }
    return chosen;
}

Result<void> forget_offsets(const Global& global, Client& client, const GroupDelete& options) {
    const auto& name = options.names.front();
    MOLDAU_TRY_ASSIGN(chosen, choose(client, options));
    const OwnedPartitions list{rd_kafka_topic_partition_list_new(static_cast<int>(chosen.size()))};
    for (const auto& [topic, partition] : chosen) {
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
    }
    const Owned<rd_kafka_DeleteConsumerGroupOffsets_t, rd_kafka_DeleteConsumerGroupOffsets_destroy> request{
        rd_kafka_DeleteConsumerGroupOffsets_new(name.c_str(), list.get())};
    AdminCall call{client, RD_KAFKA_ADMIN_OP_DELETECONSUMERGROUPOFFSETS};
    auto* one = request.get();
    rd_kafka_DeleteConsumerGroupOffsets(client.handle(), &one, 1, call.options(), call.queue());
    MOLDAU_TRY_ASSIGN(answer, call.wait("cannot delete offsets of group " + name));
    std::size_t count = 0;
    const auto* const* results = rd_kafka_DeleteConsumerGroupOffsets_result_groups(
        rd_kafka_event_DeleteConsumerGroupOffsets_result(answer.get()), &count);
    if (count != 1) return fail(Errc::kUnknownServerError, "the broker did not answer for group " + name);
    if (const auto* error = rd_kafka_group_result_error(results[0])) return fail(group_error(name, error));
    Failures failures;
    const auto* partitions = rd_kafka_group_result_partitions(results[0]);
    for (const auto& partition : std::span(partitions->elems, static_cast<std::size_t>(partitions->cnt))) {
        if (partition.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            print_forgotten(global, name, {partition.topic, partition.partition});
        } else if (partition.err == RD_KAFKA_RESP_ERR_GROUP_SUBSCRIBED_TO_TOPIC) {
            failures.add(to_error(partition.err, "group " + name + " reads " + partition.topic +
                                                     ": stop its members first, see moldau group describe " + name));
        } else {
            failures.add(failed(std::string("cannot delete the offset in ") + partition.topic, partition.err));
        }
    }
    return failures.result();
}

}  // namespace

Result<void> run(const Global& global, const GroupDelete& options) {
    MOLDAU_TRY_ASSIGN(client, Client::connect(global));
    return options.topics.empty() ? delete_groups(global, *client, options) : forget_offsets(global, *client, options);
}

}  // namespace moldau::cli
