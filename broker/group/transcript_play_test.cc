// The commands of a transcript.

#include <cstdio>
#include <sstream>

#include "base/check.h"
#include "group/offset_fetch.h"
#include "group/transcript_test.h"

namespace moldau::group {
namespace {

constexpr std::string_view kUuidFront = "-00000000-0000-0000-0000-0000000000";  // two digits follow

std::optional<std::string> optional_value(const Command& command, const std::string& key) {
    return command.has(key) ? std::optional{lengthen(command.get(key))} : std::nullopt;
}

Errc errc_named(const std::string& name) {
    for (std::int16_t code = -1; code < 140; ++code) {
        if (errc_name(static_cast<Errc>(code)) == name) return static_cast<Errc>(code);
    }
    CHECK(false);
    return Errc::kNone;
}

}  // namespace

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::istringstream in{text};
    for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
    return parts;
}

std::string shorten(std::string text) {
    for (auto at = text.find(kUuidFront); at != std::string::npos; at = text.find(kUuidFront)) {
        const auto number = std::stoi(text.substr(at + kUuidFront.size(), 2), nullptr, 16);
        text.replace(at, kUuidFront.size() + 2, '@' + std::to_string(number));
    }
    return text;
}

std::string lengthen(std::string text) {
    const auto at = text.find('@');
    if (at == std::string::npos) return text;
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(std::stoi(text.substr(at + 1))) & 0xffu);
    return text.substr(0, at) + std::string{kUuidFront} + digits;
}

bytes::View subscription_to(const std::string& topics) {
    const auto names = split(topics, ',');
    std::string encoded{"\0\1\0\0\0", 5};
    encoded += static_cast<char>(names.size());
    for (const auto& name : names) encoded += std::string{'\0', static_cast<char>(name.size())} + name;
    return bytes::View::copy_of(encoded);
}

Command Command::parse(const std::string& line) {
    Command command;
    std::istringstream in{line};
    in >> command.verb;
    for (std::string word; in >> word;) {
        const auto equals = word.find('=');
        if (equals == std::string::npos) {
            command.target = word == "-" ? "" : word;
        } else {
            command.values[word.substr(0, equals)] = word.substr(equals + 1);
        }
    }
    return command;
}

std::string Command::get(const std::string& key, const std::string& fallback) const {
    const auto found = values.find(key);
    return found == values.end() ? fallback : found->second;
}

std::int32_t Command::number(const std::string& key, std::int32_t fallback) const {
    return has(key) ? static_cast<std::int32_t>(std::stol(get(key))) : fallback;
}

Now Player::now() const { return {MonoTime{} + std::chrono::hours{1} + Millis{time_}, from_timestamp(time_)}; }

void Player::restart() {
    shard_ = std::make_unique<Shard>(options_);
    tell(shard_->finish_load(now()));
}

void Player::replay_log() {
    shard_ = std::make_unique<Shard>(options_);
    writes_.clear();
    for (const auto& record : log_) {
        if (const auto result = shard_->replay(record.key, record.value); !result) print(result.error().to_string());
    }
    tell(shard_->finish_load(now()));
}

void Player::tell(Outputs outputs) {
    for (const auto& reply : outputs.replies) {
        print('#' + std::to_string(reply.token.value) + ' ' + shorten(to_text(reply.response)));
    }
    for (auto& write : outputs.writes) {
        for (const auto& record : write.records)
            print("write " + std::to_string(write.id.value) + ' ' + shorten(to_text(record)));
        writes_.push_back(std::move(write));
    }
    while (!holds_ && !writes_.empty()) append_next({});
}

void Player::append_next(Result<void> result) {
    if (writes_.empty()) return print("nothing to append");
    const auto write = std::move(writes_.front());
    writes_.pop_front();
    if (result) log_.insert(log_.end(), write.records.begin(), write.records.end());
    tell(shard_->appended(write.id, std::move(result), now()));
}

void Player::options(const Command& command) {
    options_.members_max = static_cast<std::size_t>(command.number("members", 10'000));
    options_.groups_max = static_cast<std::size_t>(command.number("groups", 100'000));
    options_.pending_members_max = static_cast<std::size_t>(command.number("pending", 10'000));
    options_.writes_in_flight_max = static_cast<std::size_t>(command.number("writes", 10'000));
    options_.offsets_per_group_max = static_cast<std::size_t>(command.number("offsets", 1'000'000));
    options_.records_per_write_max = static_cast<std::size_t>(command.number("records", 1000));
    options_.member_bytes_max = static_cast<std::size_t>(command.number("member_bytes", 1 << 20));
    options_.protocols_max = static_cast<std::size_t>(command.number("protocols", 100));
    options_.assignment_bytes_max = static_cast<std::size_t>(command.number("assignment_bytes", 1 << 20));
    options_.offset_metadata_max = static_cast<std::size_t>(command.number("metadata", 4096));
    options_.initial_rebalance_delay = Millis{command.number("delay", 1000)};
    options_.offsets_retention = Millis{command.number("retention", 1'000'000)};
    options_.offsets_retention_check_interval = Millis{command.number("check", 600'000)};
    if (shard_) shard_->reconfigure(options_);
}

void Player::join(const Command& command) {
    wire::JoinGroupRequest request;
    request.group_id = command.target;
    request.member_id = lengthen(command.get("member"));
    request.group_instance_id = optional_value(command, "instance");
    request.session_timeout_ms = command.number("session", 10'000);
    request.rebalance_timeout_ms = command.number("rebalance", 60'000);
    request.protocol_type = command.get("type", "consumer");
    for (const auto& protocol : split(command.get("protocols", "range:x"), ',')) {
        const auto parts = split(protocol, ':');
        const auto metadata = bytes::View::copy_of(parts.size() > 1 ? parts[1] : "");
        request.protocols.push_back(
            {parts[0], command.has("topics") ? subscription_to(command.get("topics")) : metadata, {}});
    }
    JoinFacts facts{{command.get("client", "c"), "/10.0.0.1"}, static_cast<std::int16_t>(command.number("v", 9)), {}};
    facts.member_uuid.bytes[15] = ++last_uuid_;
    tell(shard_->join(RequestToken{++last_token_}, facts, request, now()));
}

void Player::sync(const Command& command) {
    wire::SyncGroupRequest request;
    request.group_id = command.target;
    request.member_id = lengthen(command.get("member"));
    request.group_instance_id = optional_value(command, "instance");
    request.generation_id = command.number("generation", 1);
    if (command.get("type") != "none") request.protocol_type = command.get("type", "consumer");
    if (command.get("protocol") != "none") request.protocol_name = command.get("protocol", "range");
    for (const auto& entry : split(command.get("assign"), ',')) {
        const auto parts = split(entry, ':');
        request.assignments.push_back({lengthen(parts[0]), bytes::View::copy_of(parts[1]), {}});
    }
    const auto version = static_cast<std::int16_t>(command.number("v", 5));
    tell(shard_->sync(RequestToken{++last_token_}, version, request, now()));
}

void Player::leave(const Command& command) {
    wire::LeaveGroupRequest request;
    request.group_id = command.target;
    const auto version = static_cast<std::int16_t>(command.number("v", 5));
    if (version < 3) request.member_id = lengthen(command.get("members"));
    for (const auto& entry : split(version < 3 ? "" : command.get("members"), ',')) {
        const auto parts = split(entry, '/');
        auto& member = request.members.emplace_back();
        if (!parts.empty()) member.member_id = lengthen(parts[0]);
        if (parts.size() > 1) member.group_instance_id = parts[1];
    }
    tell(shard_->leave(RequestToken{++last_token_}, version, request, now()));
}

// offsets=topic-0:12,topic-1:13; metadata, epoch, retention and id for all of them.
void Player::commit(const Command& command) {
    wire::OffsetCommitRequest request;
    request.group_id = command.target;
    request.generation_id_or_member_epoch = command.number("generation", -1);
    request.member_id = lengthen(command.get("member"));
    request.group_instance_id = optional_value(command, "instance");
    request.retention_time_ms = command.number("retention", -1);
    for (const auto& entry : split(command.get("offsets"), ',')) {
        const auto dash = entry.find('-');
        const auto colon = entry.find(':');
        auto& topic = request.topics.emplace_back();
        topic.name = entry.substr(0, dash);
        if (command.has("id")) topic.topic_id = *Uuid::parse(command.get("id"));
        auto& partition = topic.partitions.emplace_back();
        partition.partition_index = static_cast<std::int32_t>(std::stol(entry.substr(dash + 1)));
        partition.committed_offset = std::stoll(entry.substr(colon + 1));
        partition.committed_leader_epoch = command.number("epoch", -1);
        if (command.has("metadata")) partition.committed_metadata = command.get("metadata");
    }
    const auto version = static_cast<std::int16_t>(command.number("v", 9));
    tell(shard_->commit_offsets(RequestToken{++last_token_}, version, request, now()));
}

void Player::fetch(const Command& command) {
    wire::OffsetFetchRequest::OffsetFetchRequestGroup request;
    request.group_id = command.target;
    request.topics.reset();
    if (command.has("offsets")) request.topics.emplace();
    for (const auto& entry : split(command.get("offsets"), ',')) {
        const auto dash = entry.find('-');
        auto& topic = request.topics->emplace_back();
        topic.name = entry.substr(0, dash);
        if (command.has("id")) topic.topic_id = *Uuid::parse(command.get("id"));
        topic.partition_indexes.push_back(static_cast<std::int32_t>(std::stol(entry.substr(dash + 1))));
    }
    const auto stability = command.has("stable") ? FetchStability::kRequireStable : FetchStability::kAny;
    const auto response = shard_->fetch_offsets(request, stability);
    print("fetch " + std::string{errc_name(static_cast<Errc>(response.error_code))});
    for (const auto& topic : response.topics) {
        for (const auto& partition : topic.partitions) {
            print("  " + topic.name + '-' + std::to_string(partition.partition_index) + ' ' +
                  std::to_string(partition.committed_offset) + " epoch=" + std::to_string(partition.committed_leader_epoch) +
                  " '" + partition.metadata.value_or("null") + "' " +
                  std::string{errc_name(static_cast<Errc>(partition.error_code))});
        }
    }
}

// offsets=topic-0,topic-1
void Player::delete_offsets(const Command& command) {
    wire::OffsetDeleteRequest request;
    request.group_id = command.target;
    for (const auto& entry : split(command.get("offsets"), ',')) {
        const auto dash = entry.find('-');
        auto& topic = request.topics.emplace_back();
        topic.name = entry.substr(0, dash);
        topic.partitions.emplace_back().partition_index = static_cast<std::int32_t>(std::stol(entry.substr(dash + 1)));
    }
    tell(shard_->delete_offsets(RequestToken{++last_token_}, request, now()));
}

void Player::describe(const Command& command) {
    const auto group = shard_->describe(command.target, static_cast<std::int16_t>(command.number("v", 6)));
    print("group " + group.group_id + ' ' + std::string{errc_name(static_cast<Errc>(group.error_code))} + " '" +
          group.error_message.value_or("") + "' " + group.group_state + " type='" + group.protocol_type + "' protocol='" +
          group.protocol_data + '\'');
    for (const auto& member : group.members) {
        print(shorten("  " + member.member_id + ' ' + member.group_instance_id.value_or("-") + ' ' + member.client_id + ' ' +
                      member.client_host + " '" + std::string{member.member_metadata.text()} + "' '" +
                      std::string{member.member_assignment.text()} + '\''));
    }
}

void Player::list(const Command& command) {
    wire::ListGroupsRequest request;
    request.states_filter = split(command.get("states"), ',');
    request.types_filter = split(command.get("types"), ',');
    const auto groups = shard_->list(request);
    if (!groups) return print(std::string{errc_name(groups.error().code)});
    for (const auto& group : *groups) {
        print(group.group_id + " '" + group.protocol_type + "' " + group.group_state + ' ' + group.group_type);
    }
}

// Ticks at every deadline on the way, as a shell's timer does.
void Player::advance(std::int64_t milliseconds) {
    const std::int64_t target = time_ + milliseconds;
    for (;;) {
        const auto deadline = shard_->deadline();
        const auto due = deadline ? (*deadline - MonoTime{} - std::chrono::hours{1}) / Millis{1} : target + 1;
        if (due > target) break;
        time_ = std::max(time_, due);
        const auto before = out_.size();
        tell(shard_->tick(now()));
        if (out_.size() != before) out_.insert(before, "at " + std::to_string(time_) + '\n');
    }
    time_ = target;
}

std::string Player::run(const std::string& line) {
    const auto command = Command::parse(line);
    const auto& verb = command.verb;
    out_.clear();
    if (verb == "options")
        options(command);
    else if (verb == "join")
        join(command);
    else if (verb == "sync")
        sync(command);
    else if (verb == "leave")
        leave(command);
    else if (verb == "commit")
        commit(command);
    else if (verb == "fetch")
        fetch(command);
    else if (verb == "describe")
        describe(command);
    else if (verb == "list")
        list(command);
    else if (verb == "advance")
        advance(std::stoll(command.target));
    else if (verb == "restart")
        replay_log();
    else if (verb == "load")
        shard_ = std::make_unique<Shard>(options_);
    else if (verb == "hold")
        holds_ = true;
    else if (verb == "append")
        append_next(command.target.empty() ? Result<void>{} : fail(errc_named(command.target)));
    else if (verb == "stop")
        tell(shard_->stop(command.target.empty() ? Errc::kNotCoordinator : errc_named(command.target)));
    else if (verb == "delete")
        tell(shard_->delete_group(RequestToken{++last_token_}, command.target, now()));
    else if (verb == "delete_offsets")
        delete_offsets(command);
    else if (verb == "topic_deleted")
        tell(shard_->topic_deleted(command.target, now()));
    else if (verb == "heartbeat") {
        wire::HeartbeatRequest request;
        request.group_id = command.target;
        request.member_id = lengthen(command.get("member"));
        request.group_instance_id = optional_value(command, "instance");
        request.generation_id = command.number("generation", 1);
        tell(shard_->heartbeat(RequestToken{++last_token_}, request, now()));
    } else {
        print("no such command: " + verb);
    }
    return out_;
}

std::string play(const std::string& text) {
    Player player;
    std::string result;
    bool is_output = false;
    for (const auto& line : split(text, '\n')) {
        const bool is_command = line.starts_with("> ");
        if (is_command) result += line + '\n' + player.run(line.substr(2));
        if (!is_command && (!is_output || line.empty())) result += line + '\n';
        is_output = is_command || (is_output && !line.empty());
    }
    return result;
}

}  // namespace moldau::group
