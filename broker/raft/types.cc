// Text forms of the core's words.

#include "raft/types.h"

namespace moldau::raft {

std::string VoterId::to_string() const { return std::to_string(node.value) + '@' + directory.to_string(); }

const char* role_name(Role role) {
    switch (role) {
        case Role::kFollower:
            return "follower";
        case Role::kCandidate:
            return "candidate";
        case Role::kLeader:
            return "leader";
        case Role::kFailed:
            return "failed";
    }
    return "unknown";
}

}  // namespace moldau::raft
