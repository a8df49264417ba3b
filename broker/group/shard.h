// All consumer groups of one partition of `__consumer_offsets`.
//
// The problem: members join, sync, beat and leave, offsets are committed, all of it timed and all of it to be found again
// after a restart; Kafka clients know every rule of it by heart. The idea: a pure state machine. Each request, timer and
// finished append is an input with the time; records, answers and the next deadline are its outputs (group/outputs.h). What
// is in the log comes back by `replay`; join rounds and timers are volatile and may be lost. Place: above `Group` (one
// group's members) and `OffsetTable` (its offsets); the server's shell owns the log, timers and sockets.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "group/group.h"
#include "group/outputs.h"
#include "group/shard_options.h"
#include "wire/describe_groups.h"
#include "wire/list_groups.h"
#include "wire/offset_fetch.h"

namespace moldau::group {

struct WriteInFlight;
class ShardStep;

// Must uncommitted offsets of a fetch be told as UNSTABLE_OFFSET_COMMIT (KIP-447) rather than be passed over?
enum class FetchStability : std::uint8_t { kAny, kRequireStable };

// Lifetime: one per led partition of `__consumer_offsets`: replay..., finish_load, requests..., stop. Thread: one; never
// calls out. Invariants: every token is answered exactly once, at once or in the outputs of a later call (stop() answers all
// that is left); writes are handed out in ascending order, and `appended` is called once for each of them, in that order.
// Before finish_load every request is answered with COORDINATOR_LOAD_IN_PROGRESS (a heartbeat: with success, as Kafka does),
// after stop with NOT_COORDINATOR.
class Shard {
public:
    explicit Shard(ShardOptions options);
    ~Shard();
    Shard(const Shard&) = delete;
    Shard& operator=(const Shard&) = delete;

    // The log's records, in order; a value of nullopt is a tombstone, a record without a key is ignored. Records of other
    // group types and key versions are skipped. Errors: kCorrupt with what is wrong; the caller decides whether to go on.
    Result<void> replay(const std::optional<bytes::View>& key, const std::optional<bytes::View>& value);
    // Begins to serve: sessions of the members found start anew.
    Outputs finish_load(Now now);
    // Answers everything that waits with `error`, kNotCoordinator or kCoordinatorNotAvailable, and refuses what comes after.
    Outputs stop(Errc error = Errc::kNotCoordinator);

    Outputs join(RequestToken token, const JoinFacts& facts, const wire::JoinGroupRequest& request, Now now);
    Outputs sync(RequestToken token, std::int16_t version, const wire::SyncGroupRequest& request, Now now);
    Outputs heartbeat(RequestToken token, const wire::HeartbeatRequest& request, Now now);
    Outputs leave(RequestToken token, std::int16_t version, const wire::LeaveGroupRequest& request, Now now);
    // Topics are named; their ids are kept beside the offsets when not zero (OffsetCommit v10: the server resolves names
    // first and answers unknown ids itself). The answer carries both for every topic.
    Outputs commit_offsets(RequestToken token, std::int16_t version, const wire::OffsetCommitRequest& request, Now now);
    // Answers when the group's tombstones are committed.
    Outputs delete_group(RequestToken token, const std::string& group_id, Now now);
    // Answers when the tombstones are committed. Topics that the group is subscribed to keep their offsets.
    Outputs delete_offsets(RequestToken token, const wire::OffsetDeleteRequest& request, Now now);

    // One group of an OffsetFetch, at once (older versions: group/offset_fetch.h). `topics` null: all offsets of the group.
    // Unknown offsets come as -1.
    wire::OffsetFetchResponse::OffsetFetchResponseGroup fetch_offsets(
        const wire::OffsetFetchRequest::OffsetFetchRequestGroup& request, FetchStability stability) const;
    // One group of a DescribeGroups. `version` is the request's: from 6 on an unknown group is an error.
    wire::DescribeGroupsResponse::DescribedGroup describe(const std::string& group_id, std::int16_t version) const;
    // This shard's part of a ListGroups. Errors: kCoordinatorLoadInProgress, kNotCoordinator.
    Result<std::vector<wire::ListGroupsResponse::ListedGroup>> list(const wire::ListGroupsRequest& request) const;

    // A topic was deleted: its offsets go.
    Outputs topic_deleted(const std::string& topic, Now now);
    // Whatever is due: sessions, join rounds, expiry of offsets.
    Outputs tick(Now now);
    // The write has been committed, or has failed and is not in the log.
    Outputs appended(WriteId write, Result<void> result, Now now);
    // Takes effect with the next request or timer.
    void reconfigure(const ShardOptions& options) { options_ = options; }

    std::optional<MonoTime> deadline() const;
    std::size_t group_count() const { return groups_.size(); }
    std::size_t writes_in_flight() const { return in_flight_.size(); }
    const Group* find(const std::string& group_id) const;
    // For metrics, and for tests' invariants.
    void for_each(const std::function<void(const Group&)>& visit) const;

private:
    enum class Phase : std::uint8_t { kLoading, kActive, kStopped };

    // kNone while requests are served.
    Errc refusal() const;
    Group* lookup(const std::string& group_id);
    Group& find_or_create(const std::string& group_id);
    // The step has changed this group: it may be gone now, or want to be woken at another time.
    void settle(const std::string& group_id);
    Outputs finish(ShardStep& step);

    Errc admit_offset_delete(const Group* group) const;
    Errc admit_join(const JoinFacts& facts, const wire::JoinGroupRequest& request) const;
    Result<Group*> admit_commit(ShardStep& step, std::int16_t version, const wire::OffsetCommitRequest& request);
    void end_write(ShardStep& step, WriteId id, WriteInFlight write, std::optional<Errc> failure);
    // Tombstones for these offsets and, when the group is to go too, for it; in writes of bounded size. The last one's id.
    enum class Fate : std::uint8_t { kStays, kGoes };
    void write_tombstones(ShardStep& step, Group& group, std::vector<OffsetSlotKey> slots, Fate fate);
    void expire_some_groups(ShardStep& step);
    void expire_offsets(ShardStep& step, Group& group);

    ShardOptions options_;
    Phase phase_ = Phase::kLoading;
    Errc stop_error_ = Errc::kNotCoordinator;
    std::map<std::string, std::unique_ptr<Group>, std::less<>> groups_;
    std::set<std::pair<MonoTime, std::string>> timers_;
    std::optional<MonoTime> next_expiry_;
    std::string expired_up_to_;  // where the sweep over the groups goes on
    std::map<WriteId, WriteInFlight> in_flight_;
    std::uint64_t last_write_ = 0;
};

}  // namespace moldau::group
