// Incremental fetch sessions (KIP-227): a consumer of many partitions names only what changed, and hears only of what
// changed.
//
// The idea: the session keeps the full list of partitions in a fair order (those that brought data go to the back) and what
// was last answered of each. Bounded by `slots`; a full cache gives sessionless answers until a session has been idle for a
// while. Thread: one core; a session lives on the core of the connection that made it, elsewhere its id is unknown and the
// client starts anew.

#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "wire/fetch.h"

namespace moldau::handlers {

// One partition that a client wants to read.
struct FetchTarget {
    std::string topic;  // empty when the request names ids
    TopicId topic_id;   // zero when it names topics
    PartitionIndex index;
    Offset from;
    LeaderEpoch current_leader_epoch = kNoLeaderEpoch;
    LeaderEpoch last_fetched_epoch = kNoLeaderEpoch;
    std::size_t bytes_max = 0;
    // As last answered; an incremental answer leaves out what is the same.
    std::int64_t high_watermark = -2;
    std::int64_t log_start_offset = -2;
};

enum class TopicNaming : std::uint8_t { kByName, kById };

// Lifetime: FetchSessions'. Invariant: epoch is that of the next request.
class FetchSession {
public:
    std::int32_t id = 0;
    std::int32_t epoch = 1;
    TopicNaming naming = TopicNaming::kByName;
    MonoTime last_used;
    int busy = 0;  // requests under way: with any it is never evicted

    using Targets = std::list<FetchTarget>;
    Targets& targets() { return targets_; }
    // Adds or changes in place.
    void set(FetchTarget target);
    void forget(const std::string& topic, TopicId topic_id, PartitionIndex index);
    // What is about to be answered of a partition; remembers it, sends one that brings data to the back of the order, and
    // says whether an incremental answer needs it: it brings data, an error or another bound.
    struct Outcome {
        std::int64_t high_watermark;
        std::int64_t log_start_offset;
        std::size_t bytes;
        std::int16_t error_code;
    };
    bool note_answer(const FetchTarget& target, const Outcome& outcome);

private:
    using Key = std::pair<std::pair<std::string, TopicId>, PartitionIndex>;
    Targets targets_;
    std::map<Key, Targets::iterator> places_;
};

class FetchSessions {
public:
    explicit FetchSessions(std::size_t slots) : slots_(slots) {}

    struct Opened {
        // Null: sessionless, use `targets` alone.
        std::shared_ptr<FetchSession> session;
        std::vector<FetchTarget> targets;
        // Is the answer to leave out what did not change?
        enum class Kind : std::uint8_t { kFull, kIncremental } kind = Kind::kFull;
    };
    // Finds, makes, changes or closes the request's session. `new_id` is a random positive number for a session that may be
    // made. Errors: kFetchSessionIdNotFound, kInvalidFetchSessionEpoch, kFetchSessionTopicIdError.
    Result<Opened> open(const wire::FetchRequest& request, std::int16_t version, std::int32_t new_id, MonoTime now);

    std::size_t size() const { return sessions_.size(); }
    std::uint64_t evicted() const { return evicted_; }

private:
    std::shared_ptr<FetchSession> make(std::int32_t id, MonoTime now);
    bool make_room(MonoTime now);
    Result<Opened> continue_session(const wire::FetchRequest& request, TopicNaming naming, MonoTime now);

    std::size_t slots_;
    std::unordered_map<std::int32_t, std::shared_ptr<FetchSession>> sessions_;
    std::uint64_t evicted_ = 0;
};

}  // namespace moldau::handlers
