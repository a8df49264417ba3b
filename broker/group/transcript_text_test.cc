// How a transcript writes responses and records.

#include <algorithm>

#include "group/records.h"
#include "group/transcript_test.h"

namespace moldau::group {
namespace {

std::string name_of(std::int16_t code) { return std::string{errc_name(static_cast<Errc>(code))}; }
std::string text_of(const std::optional<std::string>& text) { return text ? *text : "-"; }

std::string quote(const bytes::View& view) {
    const auto is_text = [](char c) { return c >= ' ' && c <= '~'; };
    if (!std::ranges::all_of(view.text(), is_text)) return '<' + std::to_string(view.size()) + " bytes>";
    return '\'' + std::string{view.text()} + '\'';
}

std::string body(const wire::JoinGroupResponse& response) {
    std::string text = "join " + name_of(response.error_code) + " member=" + response.member_id;
    if (response.error_code != 0 && response.generation_id < 0) return text;
    text += " generation=" + std::to_string(response.generation_id) + " type=" + text_of(response.protocol_type) +
            " protocol=" + text_of(response.protocol_name) + " leader=" + response.leader;
    if (response.skip_assignment) text += " skip_assignment";
    for (const auto& member : response.members) {
        text += "\n  " + member.member_id + ' ' + text_of(member.group_instance_id) + ' ' + quote(member.metadata);
    }
    return text;
}

std::string body(const wire::SyncGroupResponse& response) {
    std::string text = "sync " + name_of(response.error_code);
    if (response.error_code != 0) return text;
    return text + " type=" + text_of(response.protocol_type) + " protocol=" + text_of(response.protocol_name) + ' ' +
           quote(response.assignment);
}

std::string body(const wire::HeartbeatResponse& response) { return "heartbeat " + name_of(response.error_code); }

std::string body(const wire::LeaveGroupResponse& response) {
    std::string text = "leave " + name_of(response.error_code);
    for (const auto& member : response.members) {
        text += " [" + member.member_id + ' ' + text_of(member.group_instance_id) + ' ' + name_of(member.error_code) + ']';
    }
    return text;
}

std::string body(const wire::OffsetCommitResponse& response) {
    std::string text = "commit";
    for (const auto& topic : response.topics) {
        for (const auto& partition : topic.partitions) {
            text += ' ' + topic.name + '-' + std::to_string(partition.partition_index) + ' ' + name_of(partition.error_code);
        }
    }
    return text;
}

std::string body(const wire::OffsetDeleteResponse& response) {
    std::string text = "delete_offsets " + name_of(response.error_code);
    for (const auto& topic : response.topics) {
        for (const auto& partition : topic.partitions) {
            text += ' ' + topic.name + '-' + std::to_string(partition.partition_index) + ' ' + name_of(partition.error_code);
        }
    }
    return text;
}

std::string body(const wire::DeleteGroupsResponse::DeletableGroupResult& result) {
    return "delete " + result.group_id + ' ' + name_of(result.error_code);
}

std::string offset_text(const CommittedOffset& offset) {
    std::string text = std::to_string(offset.offset) + " epoch=" + std::to_string(offset.leader_epoch) + " '" +
                       offset.metadata + "' at " + std::to_string(offset.commit_timestamp);
    if (offset.expire_timestamp) text += " expires " + std::to_string(*offset.expire_timestamp);
    if (!offset.topic_id.is_zero()) text += " id " + offset.topic_id.to_string();
    return text;
}

std::string group_text(const wire::GroupMetadataValue& value) {
    std::string text = "type=" + value.protocol_type + " generation=" + std::to_string(value.generation) +
                       " protocol=" + text_of(value.protocol) + " leader=" + text_of(value.leader) + " since " +
                       std::to_string(value.current_state_timestamp);
    for (const auto& member : value.members) {
        text += "\n  " + member.member_id + ' ' + text_of(member.group_instance_id) + ' ' + member.client_id + ' ' +
                member.client_host + " session=" + std::to_string(member.session_timeout) +
                " rebalance=" + std::to_string(member.rebalance_timeout) + ' ' + quote(member.subscription) + ' ' +
                quote(member.assignment);
    }
    return text;
}

}  // namespace

std::string to_text(const Response& response) {
    return std::visit([](const auto& message) { return body(message); }, response);
}

std::string to_text(const Record& record) {
    const auto key = decode_key(record.key);
    if (!key) return "a broken key";
    if (const auto* offset = std::get_if<OffsetRecordKey>(&*key)) {
        const std::string name =
            "offset " + offset->group_id + ' ' + offset->topic + '-' + std::to_string(offset->partition) + ": ";
        return name + (record.value ? offset_text(*decode_offset_value(*record.value)) : "tombstone");
    }
    const auto* group = std::get_if<GroupRecordKey>(&*key);
    if (!group) return "a foreign key";
    return "group " + group->group_id + ": " + (record.value ? group_text(*decode_group_value(*record.value)) : "tombstone");
}

}  // namespace moldau::group
