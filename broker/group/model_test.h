// Random clients, appends that may fail, and time, against what must always hold; one seed is one run.
//
// Held to: each request is answered exactly once; the generation never steps back; all members of a generation hear of one
// leader and only it gets the members; a member gets the part that the committed assignment of its generation has for it;
// the records alone give the same groups and offsets.

#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "group/shard.h"
#include "group/transcript_test.h"

namespace moldau::group {

inline constexpr int kClients = 6;
inline const std::string kGroups[] = {"g", "h"};

enum class Request { kJoin, kSync, kHeartbeat, kLeave, kCommit, kDelete };

struct Client {
    std::string group;
    std::optional<std::string> instance;
    std::string member_id;
    std::int32_t generation = -1;
    Request wants = Request::kJoin;  // what a good client would do next
    bool is_leader = false;
    std::vector<std::string> members;
    int changes = 0;  // of its subscription
};

struct Asked {
    Request request;
    int client;
    std::int32_t generation;
    std::string member_id;
    std::int16_t version;
};

// What appends do: fail now and then, or never, so that the log must say all.
enum class Appends { kReliable, kFailing };

class Model {
public:
    // `seen` counts the answers by kind and error.
    Model(unsigned seed, Appends appends, std::map<std::string, int>& seen);
    void run();

private:
    unsigned dice(unsigned sides) { return std::uniform_int_distribution<unsigned>{0, sides - 1}(random_); }
    Now now() const { return {MonoTime{} + std::chrono::hours{1} + Millis{time_}, from_timestamp(time_)}; }

    // What clients ask.
    RequestToken ask(Request request, int index, std::int16_t version);
    void act();
    bool is_waiting(int index) const;
    // A process that has forgotten its id and joins at once.
    void start_anew(int index);
    void act_well(int index);
    void join(int index);
    void sync(int index);
    static std::string part_of(std::int32_t generation, const std::string& member_id);
    void heartbeat(int index);
    void leave(int index);
    void commit(int index);
    void remove_something(int index);
    void append();
    void advance(std::int64_t milliseconds);
    void tell(Outputs outputs);

    // What they hear, and what must hold.
    void hear(const Asked& asked, const Response& response);
    void hear_join(const Asked& asked, Client& client, const wire::JoinGroupResponse& response);
    void hear_sync(const Asked& asked, const wire::SyncGroupResponse& response);
    // A group that was deleted or has expired begins anew.
    void forget_gone_groups();
    void check_groups();
    static std::map<OffsetSlotKey, CommittedOffset> committed_of(const Group& group);
    // What was committed is what a new coordinator finds.
    void check_replay();

    std::mt19937 random_;
    Appends appends_;
    std::map<std::string, int>* seen_;
    ShardOptions options_;
    std::unique_ptr<Shard> shard_;
    std::vector<Client> clients_;
    std::map<RequestToken, Asked> asked_;
    std::deque<Write> writes_;
    std::vector<Record> log_;
    std::map<std::string, std::int32_t> generations_;
    std::map<std::pair<std::string, std::int32_t>, std::string> leaders_;
    std::int64_t time_ = 0;
    std::int64_t offsets_ = 0;
    std::uint64_t last_token_ = 0;
    std::uint64_t last_write_ = 0;
    std::uint32_t uuids_ = 0;
};

}  // namespace moldau::group
