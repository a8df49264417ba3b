// What the model's clients do, and the runs.

#include "group/model_test.h"

#include <algorithm>

namespace moldau::group {

constexpr int kStepsPerSeed = 400;

Model::Model(unsigned seed, Appends appends, std::map<std::string, int>& seen)
    : random_(seed), appends_(appends), seen_(&seen) {
    options_.initial_rebalance_delay = Millis{500};
    options_.members_max = 5;
    options_.offsets_retention = Millis{40'000};
    options_.offsets_retention_check_interval = Millis{15'000};
    shard_ = std::make_unique<Shard>(options_);
    tell(shard_->finish_load(now()));
    for (int index = 0; index < kClients; ++index) {
        Client client;
        client.group = kGroups[index % 2];
        if (index < 3) client.instance = "i" + std::to_string(index % 2);  // two of one group are rivals
        clients_.push_back(client);
    }
}

void Model::run() {
    for (int step = 0; step < kStepsPerSeed && !testing::Test::HasFailure(); ++step) {
        act();
        forget_gone_groups();
        check_groups();
        if (dice(20) == 0) check_replay();
    }
    tell(shard_->stop());
    EXPECT_TRUE(asked_.empty()) << asked_.size() << " requests never got an answer";
}

RequestToken Model::ask(Request request, int index, std::int16_t version) {
    const Client& client = clients_[static_cast<std::size_t>(index)];
    const RequestToken token{++last_token_};
    asked_.emplace(token, Asked{request, index, client.generation, client.member_id, version});
    return token;
}

void Model::act() {
    const int index = static_cast<int>(dice(kClients));
    if (dice(5) != 0) return dice(15) == 0 ? start_anew(index) : act_well(index);
    switch (dice(12)) {
        case 0:
        case 1:
        case 2:
            return join(index);
        case 3:
        case 4:
        case 5:
            return sync(index);
        case 6:
            return heartbeat(index);
        case 7:
            return dice(4) == 0 ? leave(index) : heartbeat(index);
        case 8:
            return commit(index);
        case 9:
            return dice(2) == 0 ? remove_something(index) : append();
        case 10:
            return append();
        default:
            return advance(dice(10) == 0 ? 12'000 : 700);
    }
}

bool Model::is_waiting(int index) const {
    return std::ranges::any_of(asked_, [&](const auto& entry) {
        return entry.second.client == index &&
               (entry.second.request == Request::kJoin || entry.second.request == Request::kSync);
    });
}

void Model::start_anew(int index) {
    clients_[static_cast<std::size_t>(index)].member_id.clear();
    join(index);
}

void Model::act_well(int index) {
    if (is_waiting(index)) {
        append();
        return advance(100);
    }
    const Request wanted = clients_[static_cast<std::size_t>(index)].wants;
    if (wanted == Request::kJoin) return join(index);
    return wanted == Request::kSync ? sync(index) : heartbeat(index);
}

void Model::join(int index) {
    Client& client = clients_[static_cast<std::size_t>(index)];
    wire::JoinGroupRequest request;
    request.group_id = client.group;
    request.member_id = client.member_id;
    request.group_instance_id = client.instance;
    request.session_timeout_ms = 8000;
    request.rebalance_timeout_ms = static_cast<std::int32_t>(1000 + 1000 * dice(8));
    request.protocol_type = "consumer";
    if (dice(6) == 0) ++client.changes;
    const auto metadata = bytes::View::copy_of("v" + std::to_string(client.changes));
    request.protocols.push_back({"range", metadata, {}});
    if (dice(2) == 0) request.protocols.push_back({"sticky", metadata, {}});
    const auto version = static_cast<std::int16_t>(dice(10));
    if (version < 5) request.group_instance_id.reset();
    JoinFacts facts{{"c" + std::to_string(index), "/h"}, version, {}};
    ++uuids_;
    for (int byte = 0; byte < 4; ++byte)
        facts.member_uuid.bytes[static_cast<std::size_t>(byte)] = static_cast<std::uint8_t>(uuids_ >> (8 * byte));
    tell(shard_->join(ask(Request::kJoin, index, version), facts, request, now()));
}

void Model::sync(int index) {
    const Client& client = clients_[static_cast<std::size_t>(index)];
    wire::SyncGroupRequest request;
    request.group_id = client.group;
    request.member_id = client.member_id;
    request.group_instance_id = client.instance;
    request.generation_id = client.generation;
    if (client.is_leader) {
        for (const auto& id : client.members) {
            request.assignments.push_back({id, bytes::View::copy_of(part_of(client.generation, id)), {}});
        }
    }
    tell(shard_->sync(ask(Request::kSync, index, 4), 4, request, now()));
}

std::string Model::part_of(std::int32_t generation, const std::string& member_id) {
    return std::to_string(generation) + '/' + member_id;
}

void Model::heartbeat(int index) {
    const Client& client = clients_[static_cast<std::size_t>(index)];
    wire::HeartbeatRequest request;
    request.group_id = client.group;
    request.member_id = client.member_id;
    request.group_instance_id = client.instance;
    request.generation_id = client.generation;
    tell(shard_->heartbeat(ask(Request::kHeartbeat, index, 4), request, now()));
}

void Model::leave(int index) {
    Client& client = clients_[static_cast<std::size_t>(index)];
    wire::LeaveGroupRequest request;
    request.group_id = client.group;
    auto& member = request.members.emplace_back();
    if (!client.instance || dice(2) == 0) member.member_id = client.member_id;
    member.group_instance_id = client.instance;
    tell(shard_->leave(ask(Request::kLeave, index, 5), 5, request, now()));
}

void Model::commit(int index) {
    const Client& client = clients_[static_cast<std::size_t>(index)];
    wire::OffsetCommitRequest request;
    request.group_id = dice(5) == 0 ? "simple" : client.group;
    if (request.group_id == client.group && dice(3) != 0) {
        request.member_id = client.member_id;
        request.generation_id_or_member_epoch = client.generation;
        request.group_instance_id = client.instance;
    }
    auto& topic = request.topics.emplace_back();
    topic.name = "t" + std::to_string(dice(2));
    for (std::int32_t partition = 0; partition < 2; ++partition) {
        auto& entry = topic.partitions.emplace_back();
        entry.partition_index = partition;
        entry.committed_offset = ++offsets_;
    }
    tell(shard_->commit_offsets(ask(Request::kCommit, index, 9), 9, request, now()));
}

void Model::remove_something(int index) {
    if (dice(3) == 0) return tell(shard_->topic_deleted("t" + std::to_string(dice(2)), now()));
    // Only a group that all have left can go.
    for (int other = index % 2; dice(2) == 0 && other < kClients; other += 2) leave(other);
    if (dice(2) == 0) append();
    tell(shard_->delete_group(ask(Request::kDelete, index, 2), kGroups[index % 2], now()));
}

void Model::append() {
    if (writes_.empty()) return;
    const auto write = std::move(writes_.front());
    writes_.pop_front();
    const bool fails = appends_ == Appends::kFailing && dice(4) == 0;
    if (!fails) log_.insert(log_.end(), write.records.begin(), write.records.end());
    tell(shard_->appended(write.id, fails ? Result<void>{fail(Errc::kNotEnoughReplicas)} : Result<void>{}, now()));
}

void Model::advance(std::int64_t milliseconds) {
    const std::int64_t target = time_ + milliseconds;
    for (int wakes = 0; wakes < 1000; ++wakes) {
        const auto deadline = shard_->deadline();
        if (!deadline || *deadline > now().mono + Millis{target - time_}) break;
        time_ = std::max(time_, (*deadline - MonoTime{} - std::chrono::hours{1}) / Millis{1});
        tell(shard_->tick(now()));
    }
    time_ = target;
}

void Model::tell(Outputs outputs) {
    for (auto& write : outputs.writes) {
        EXPECT_GT(write.id.value, last_write_);
        last_write_ = write.id.value;
        EXPECT_FALSE(write.records.empty());
        writes_.push_back(std::move(write));
    }
    for (const auto& reply : outputs.replies) {
        const auto found = asked_.find(reply.token);
        ASSERT_NE(found, asked_.end()) << "answered twice, or never asked: " << to_text(reply.response);
        const Asked asked = found->second;
        asked_.erase(found);
        hear(asked, reply.response);
        const auto words = split(to_text(reply.response), ' ');
        if (words.size() > 1)
            ++(*seen_)[words[0] + ' ' + (words[0] == "commit" || words[0] == "delete" ? words[2] : words[1])];
    }
}

namespace {

void run_seeds(Appends appends) {
    std::map<std::string, int> seen;
    for (unsigned seed = 1; seed <= 300 && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Model{seed, appends, seen}.run();
    }
    // What is never reached is not tested.
    std::vector<std::string> wanted{"join MEMBER_ID_REQUIRED",
                                    "join FENCED_INSTANCE_ID",
                                    "join GROUP_MAX_SIZE_REACHED",
                                    "join NONE",
                                    "join UNKNOWN_MEMBER_ID",
                                    "sync NONE",
                                    "sync REBALANCE_IN_PROGRESS",
                                    "sync FENCED_INSTANCE_ID",
                                    "heartbeat NONE",
                                    "heartbeat REBALANCE_IN_PROGRESS",
                                    "leave NONE",
                                    "commit NONE",
                                    "commit ILLEGAL_GENERATION",
                                    "delete NONE",
                                    "delete NON_EMPTY_GROUP",
                                    "skip_assignment"};
    if (appends == Appends::kFailing) {
        for (const auto* request : {"join", "sync", "commit", "delete"}) {
            wanted.push_back(std::string{request} + " COORDINATOR_NOT_AVAILABLE");
        }
    }
    for (const auto& answer : wanted) EXPECT_GT(seen[answer], 0) << answer;
}

TEST(Model, HoldsWhenEveryAppendSucceeds) { run_seeds(Appends::kReliable); }
TEST(Model, HoldsWhenAppendsFail) { run_seeds(Appends::kFailing); }

}  // namespace
}  // namespace moldau::group
