// The file `quorum-state`: the term and the vote that this voter must never forget.
//
// JSON with the members of Kafka's file, in its version 1, replaced atomically. Docs: docs/formats/quorum-state.md.
//
//   {"leaderId":1,"leaderEpoch":3,"votedId":1,"votedDirectoryId":"<22 characters>","data_version":1}

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "io/file.h"
#include "raft/types.h"

namespace moldau::metadata {

inline constexpr const char* kQuorumStateFile = "quorum-state";
inline constexpr std::int16_t kQuorumStateVersion = 1;

struct QuorumState {
    raft::HardState hard_state;
    std::optional<BrokerId> leader;  // as last known; a hint
    bool operator==(const QuorumState&) const = default;
};

std::string format_quorum_state(const QuorumState& state);
// Errors: kCorrupt, kNewerFormat.
Result<QuorumState> parse_quorum_state(std::string_view text);

// Nullopt when there is no such file. Errors: kCorrupt, kNewerFormat, kIo.
Task<Result<std::optional<QuorumState>>> read_quorum_state(io::FileSystem& files, std::string dir);
// Resolves when it is on the disk.
Task<Result<void>> write_quorum_state(io::FileSystem& files, std::string dir, QuorumState state);

}  // namespace moldau::metadata
