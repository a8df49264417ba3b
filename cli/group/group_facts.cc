// Groups from librdkafka's admin API.

#include "cli/group/group_facts.h"

#include <span>

#include "cli/frame/admin_call.h"

namespace moldau::cli {
namespace {

std::span<const rd_kafka_topic_partition_t> elements(const rd_kafka_topic_partition_list_t* list) {
    if (list == nullptr) return {};
    return {list->elems, static_cast<std::size_t>(list->cnt)};
}

std::string text_of(const char* text) { return text != nullptr ? text : ""; }

GroupMember to_member(const rd_kafka_MemberDescription_t* described) {
    GroupMember member{text_of(rd_kafka_MemberDescription_consumer_id(described)),
                       text_of(rd_kafka_MemberDescription_group_instance_id(described)),
                       text_of(rd_kafka_MemberDescription_client_id(described)),
                       text_of(rd_kafka_MemberDescription_host(described)),
                       {}};
    const auto* assignment = rd_kafka_MemberDescription_assignment(described);
    const auto* list = assignment != nullptr ? rd_kafka_MemberAssignment_partitions(assignment) : nullptr;
    for (const auto& one : elements(list)) member.partitions.emplace_back(one.topic, one.partition);
    return member;
}

}  // namespace

Result<GroupFacts> look_up_group(Client& client, const std::string& name) {
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
    GroupFacts group{name,
                     rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupDescription_state(groups[0])),
                     text_of(rd_kafka_ConsumerGroupDescription_partition_assignor(groups[0])),
                     {}};
    for (std::size_t index = 0; index < rd_kafka_ConsumerGroupDescription_member_count(groups[0]); ++index) {
        group.members.push_back(to_member(rd_kafka_ConsumerGroupDescription_member(groups[0], index)));
    }
    return group;
}

Result<void> expect_exists(const GroupFacts& group) {
    if (group.exists()) return {};
    return fail(Errc::kGroupIdNotFound, "there is no group " + group.name + ": see moldau group list");
}

Result<void> expect_inactive(const GroupFacts& group) {
    if (!group.is_active()) return {};
    const auto count = group.members.size();
    return fail(Errc::kNonEmptyGroup, "group " + group.name + " is active (" + group.state + ", " + std::to_string(count) +
                                          (count == 1 ? " member" : " members") +
                                          "): stop its members first, they would write over the change");
}

Result<std::map<TopicPartition, std::int64_t>> committed_offsets(Client& client, const std::string& name) {
    const std::string what = "cannot read the committed offsets of group " + name;
    const Owned<rd_kafka_ListConsumerGroupOffsets_t, rd_kafka_ListConsumerGroupOffsets_destroy> request{
        rd_kafka_ListConsumerGroupOffsets_new(name.c_str(), nullptr)};
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
    std::map<TopicPartition, std::int64_t> committed;
    for (const auto& one : elements(rd_kafka_group_result_partitions(results[0]))) {
        if (one.err != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(failed(what, one.err));
        if (one.offset >= 0) committed[{one.topic, one.partition}] = one.offset;
    }
    return committed;
}

}  // namespace moldau::cli
