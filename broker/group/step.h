// One input being handled: its time, the settings, and the place where its effects are gathered.
//
// Groups never hand out outputs themselves: they tell their step, and the shard turns it into `Outputs`. What a group must
// do once a write has ended travels with the write, as a value.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/errc.h"
#include "base/time.h"
#include "bytes/buffer.h"
#include "group/outputs.h"
#include "group/shard_options.h"

namespace moldau::group {

// A protocol that a member can speak, with what it tells the leader in it (for consumers: its subscription).
struct MemberProtocol {
    std::string name;
    bytes::View metadata;
    bool operator==(const MemberProtocol&) const = default;
};

// The leader's assignment of a generation, by member id.
using Assignments = std::map<std::string, bytes::View, std::less<>>;

// The write carries a generation's assignment: once committed, the group is stable.
struct AssignmentStored {
    std::int32_t generation = 0;
    Assignments assignments;
};

// The write carries a static member's new id: once committed its JoinGroup is answered, failed it is undone.
struct StaticMemberStored {
    RequestToken token;
    std::int16_t version = 0;
    std::int32_t generation = 0;
    std::string member_id_old;
    std::string member_id_new;
    std::string leader_old;
    std::vector<MemberProtocol> protocols_old;
    Millis rebalance_timeout_old{0};
    Millis session_timeout_old{0};
};

using AfterWrite = std::variant<std::monostate, AssignmentStored, StaticMemberStored>;

class Step {
public:
    Step(Now now, const ShardOptions& options) : now_(now), options_(options) {}
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;
    virtual ~Step() = default;

    const Now& now() const { return now_; }
    const ShardOptions& options() const { return options_; }

    virtual void reply(RequestToken token, Response response) = 0;
    // Replies once the writes of this step have been committed; at once when there are none. If they fail, the response
    // carries the error in its place.
    virtual void reply_after_writes(RequestToken token, Response response) = 0;
    virtual void write(const std::string& group_id, std::vector<Record> records, AfterWrite after) = 0;

private:
    Now now_;
    const ShardOptions& options_;
};

// What a client is told when its records could not be appended, as Kafka's coordinator translates it.
Errc append_error(Errc error);
// Puts `error` where that response carries errors: at its top, or with every partition.
void set_error(Response& response, Errc error);

}  // namespace moldau::group
