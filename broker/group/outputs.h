// What a group coordinator's step asks its shell to do: append records, send answers, wake it at a time.
//
// The problem: the thinking part has no log, sockets or clock, yet some answers may go out only once records are committed.
// The idea: every input returns `Outputs`; each write carries an id, the shell appends it and reports the end with
// `Shard::appended`, and the answers that waited for it come out of that call. Place: between `group::Shard` and the
// server's shell.

#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "bytes/buffer.h"
#include "wire/delete_groups.h"
#include "wire/heartbeat.h"
#include "wire/join_group.h"
#include "wire/leave_group.h"
#include "wire/offset_commit.h"
#include "wire/offset_delete.h"
#include "wire/sync_group.h"

namespace moldau::group {

// Chosen by the shell, unique among the requests that it has not had the answer of yet.
using RequestToken = Id<struct RequestTokenTag, std::uint64_t>;
// Chosen by the shard, ascending in the order in which the writes must reach the log.
using WriteId = Id<struct WriteIdTag, std::uint64_t>;

// One record of `__consumer_offsets`; a null value is a tombstone.
struct Record {
    bytes::View key;
    std::optional<bytes::View> value;
};

// Records that must be appended as one batch: all of them or none. Never empty.
struct Write {
    WriteId id;
    std::vector<Record> records;
};

using Response =
    std::variant<wire::JoinGroupResponse, wire::SyncGroupResponse, wire::HeartbeatResponse, wire::LeaveGroupResponse,
                 wire::OffsetCommitResponse, wire::OffsetDeleteResponse, wire::DeleteGroupsResponse::DeletableGroupResult>;

struct Reply {
    RequestToken token;
    Response response;
};

struct Outputs {
    std::vector<Write> writes;         // in the order of their ids
    std::vector<Reply> replies;        // each token is answered exactly once
    std::optional<MonoTime> deadline;  // call tick() then; replaces the deadline given before
};

}  // namespace moldau::group
