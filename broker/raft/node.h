// One voter's consensus core: inputs in, things to do out, nothing else.
//
// The problem: who leads and what is committed must be right in every order of crashes and completions. The idea:
// `step(input)` returns a `Ready`, and the shell carries it out and reports back what is durable; the core never waits, so
// every order can be played in a test (ongaro/ousterhout "In search of an understandable consensus algorithm"; the model is
// etcd's raft). Place: driven by `metadata::MetadataService`. An entry is one record batch; offsets are those of records.
//
// Today a cluster has one voter: votes and appends of peers are inputs still to come, and a larger voter set is refused.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "base/result.h"
#include "raft/ledger.h"
#include "raft/types.h"

namespace moldau::raft {

// Inputs.
struct Start {};  // once, after create()
struct HardStateStored {
    Term term;
};  // the hard state of `term` is durable
struct Propose {
    std::int32_t records = 1;
};  // one batch of so many records
struct Stored {
    Offset end;
};  // the log is durable below `end`
struct StorageFailed {};  // a write or sync of the log or the hard state failed
struct SnapshotStored {
    Offset end;
};  // a snapshot of everything below `end` (committed) is durable
struct SnapshotInstalled {
    Position position;
};  // a snapshot that ends beyond the log took its place
using Input = std::variant<Start, HardStateStored, Propose, Stored, StorageFailed, SnapshotStored, SnapshotInstalled>;

// What the shell has to do, in the order of the members.
struct Ready {
    std::optional<Role> role;            // the new role
    std::optional<HardState> store;      // make it durable, then step(HardStateStored)
    std::optional<Offset> truncate_to;   // cut the log there
    std::optional<Position> restart_at;  // or empty it and go on there
    std::vector<Entry> append;           // at the end of the log; step(Stored) once durable
    std::optional<Offset> committed;     // everything below is committed: apply it, answer
    std::optional<Offset> compact_to;    // the log below may be deleted
    enum class Refusal : std::uint8_t { kNone, kNotLeader } refused = Refusal::kNone;  // the proposal was not taken
};

struct NodeOptions {
    VoterId self;
    std::vector<VoterId> voters;
    HardState hard_state;
    LogState log;
};

// Lifetime: a value. Thread: one.
// Invariants: log start <= committed <= log end; term never descends; one vote per term; an entry of an earlier term is
// committed only together with one of the own term.
class Node {
public:
    // Errors: kUsage for a voter set that this version cannot run or that lacks `self`; kCorrupt when log and hard state
    // contradict each other.
    static Result<Node> create(NodeOptions options);

    Ready step(const Input& input);

    Role role() const { return role_; }
    Term term() const { return hard_state_.term; }
    const HardState& hard_state() const { return hard_state_; }
    std::optional<VoterId> leader() const;
    Offset committed() const { return committed_; }
    const Ledger& ledger() const { return ledger_; }
    const std::vector<VoterId>& voters() const { return voters_; }
    // Who voted for this leader; for the leader change entry.
    std::vector<VoterId> granting_voters() const { return {granted_.begin(), granted_.end()}; }

private:
    Node(NodeOptions options, Ledger ledger);
    void on(const Start& input, Ready& ready);
    void on(const HardStateStored& input, Ready& ready);
    void on(const Propose& input, Ready& ready);
    void on(const Stored& input, Ready& ready);
    void on(const StorageFailed& input, Ready& ready);
    void on(const SnapshotStored& input, Ready& ready);
    void on(const SnapshotInstalled& input, Ready& ready);

    void become(Role role, Ready& ready);
    void campaign(Ready& ready);
    void lead(Ready& ready);
    void advance_commit(Ready& ready);

    VoterId self_;
    std::vector<VoterId> voters_;
    HardState hard_state_;
    Ledger ledger_;
    Role role_ = Role::kFollower;
    Offset committed_;
    Offset term_start_;                       // of the leader change entry, while leading
    std::set<VoterId> granted_;               // votes for self_ in this term
    std::map<VoterId, Offset> durable_ends_;  // of each voter, while leading
};

}  // namespace moldau::raft
