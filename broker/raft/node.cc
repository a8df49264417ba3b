// Elections, commits and compaction of one voter.

#include "raft/node.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/check.h"
#include "raft/quorum.h"

namespace moldau::raft {

Result<Node> Node::create(NodeOptions options) {
    if (std::ranges::find(options.voters, options.self) == options.voters.end()) {
        return fail(Errc::kUsage, options.self.to_string() + " is not one of the voters");
    }
    if (options.voters.size() > 1) {
        return fail(Errc::kUsage, "this version runs with one metadata voter, " + std::to_string(options.voters.size()) +
                                      " are configured");
    }
    MOLDAU_TRY_ASSIGN(ledger, Ledger::create(std::move(options.log)));
    if (ledger.last_term() > options.hard_state.term) {
        return fail(Errc::kCorrupt, "the log is of term " + std::to_string(ledger.last_term().value) +
                                        ", but the stored term is " + std::to_string(options.hard_state.term.value));
    }
    return Node{std::move(options), std::move(ledger)};
}

Node::Node(NodeOptions options, Ledger ledger)
    : self_(options.self),
      voters_(std::move(options.voters)),
      hard_state_(std::move(options.hard_state)),
      ledger_(std::move(ledger)),
      committed_(ledger_.start().offset) {}

std::optional<VoterId> Node::leader() const { return role_ == Role::kLeader ? std::optional{self_} : std::nullopt; }

Ready Node::step(const Input& input) {
    Ready ready;
    std::visit([&](const auto& one) { on(one, ready); }, input);
    CHECK(ledger_.start().offset <= committed_ && committed_ <= ledger_.end());
    return ready;
}

void Node::become(Role role, Ready& ready) {
    role_ = role;
    ready.role = role;
}

// Nobody else can have been voted for, so a single voter need not wait for a timeout.
void Node::on(const Start&, Ready& ready) {
    CHECK(role_ == Role::kFollower);
    campaign(ready);
}

void Node::campaign(Ready& ready) {
    CHECK(hard_state_.term.value < std::numeric_limits<std::int32_t>::max());
    hard_state_ = {Term{hard_state_.term.value + 1}, self_};
    granted_.clear();
    become(Role::kCandidate, ready);
    ready.store = hard_state_;
}

// The own vote counts only now: counted before it was durable, a crash could let this voter vote again in the term.
void Node::on(const HardStateStored& input, Ready& ready) {
    if (role_ != Role::kCandidate || input.term != hard_state_.term) return;
    granted_.insert(self_);
    if (is_quorum(voters_, granted_)) lead(ready);
}

void Node::lead(Ready& ready) {
    become(Role::kLeader, ready);
    durable_ends_ = {{self_, ledger_.durable_end()}};
    const Entry entry = ledger_.append(hard_state_.term, 1, EntryKind::kLeaderChange);
    term_start_ = entry.base;
    ready.append.push_back(entry);
}

void Node::on(const Propose& input, Ready& ready) {
    if (role_ != Role::kLeader) {
        ready.refused = Ready::Refusal::kNotLeader;
        return;
    }
    ready.append.push_back(ledger_.append(hard_state_.term, input.records, EntryKind::kData));
}

void Node::on(const Stored& input, Ready& ready) {
    if (role_ == Role::kFailed || input.end <= ledger_.durable_end()) return;
    ledger_.stored(input.end);
    if (role_ != Role::kLeader) return;
    durable_ends_[self_] = input.end;
    advance_commit(ready);
}

void Node::advance_commit(Ready& ready) {
    const Offset end = quorum_end(voters_, durable_ends_);
    if (end <= committed_ || end <= term_start_) return;  // only entries of the own term commit by counting (section 5.4.2)
    committed_ = end;
    ready.committed = end;
}

void Node::on(const StorageFailed&, Ready& ready) {
    if (role_ == Role::kFailed) return;
    durable_ends_.clear();
    ledger_.truncate(std::max(committed_, ledger_.durable_end()));
    become(Role::kFailed, ready);
}

void Node::on(const SnapshotStored& input, Ready& ready) {
    CHECK(input.end <= committed_);
    if (input.end <= ledger_.start().offset) return;
    ledger_.compact(input.end);
    ready.compact_to = input.end;
}

void Node::on(const SnapshotInstalled& input, Ready& ready) {
    CHECK(role_ != Role::kLeader && role_ != Role::kFailed);
    if (input.position.offset <= committed_) return;
    if (ledger_.matches(input.position)) {  // the log has it all, its own entries may follow
        committed_ = input.position.offset;
        ready.committed = committed_;
        return;
    }
    ledger_.restart(input.position);
    committed_ = input.position.offset;
    ready.restart_at = input.position;
    ready.committed = committed_;
}

}  // namespace moldau::raft
