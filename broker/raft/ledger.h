// What the core knows of its log without reading it: where it starts and ends, how far it is on the disk, which term wrote
// what.
//
// The problem: consensus compares positions all the time, but the bytes are in the shell's files. The idea: terms only grow
// along the log, so a short list of term starts says the term of every offset. Place: inside `Node`; pure bookkeeping.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "raft/types.h"

namespace moldau::raft {

// How the shell found the log at start.
struct LogState {
    Position start;  // the log holds [start.offset, end); start.term is the term of the record before it
    Offset end;
    Offset durable_end;            // all below is on the disk
    std::vector<TermStart> terms;  // ascending; the first begins at or before start.offset, unless the log is empty
};

// A value. Invariants: start.offset <= durable_end <= end; terms ascend strictly in term and do not descend in offset.
class Ledger {
public:
    // Errors: kCorrupt when `state` contradicts itself.
    static Result<Ledger> create(LogState state);

    Position start() const { return start_; }
    Offset end() const { return end_; }
    Offset durable_end() const { return durable_end_; }
    Position last() const { return {end_, last_term()}; }
    Term last_term() const { return terms_.empty() ? start_.term : terms_.back().term; }
    // The term of the record before `offset`; nullopt outside [start, end].
    std::optional<Term> term_before(Offset offset) const;
    const std::vector<TermStart>& terms() const { return terms_; }

    // Adds an entry of `term` >= last_term() at the end.
    Entry append(Term term, std::int32_t records, EntryKind kind);
    // The disk has everything below `end`. Going back or beyond the end is our own mistake.
    void stored(Offset end);

    // Forgets [end, ..): another leader's entries take their place.
    void truncate(Offset end);
    // A snapshot holds everything below `to`; nothing at or above it is forgotten. `to` is within the log.
    void compact(Offset to);
    // Forgets everything: a snapshot that ends at `position` took the log's place.
    void restart(Position position);

    // Does a leader's entry that follows `previous` fit here? (Raft, section 5.3, the consistency check.)
    bool matches(Position previous) const { return term_before(previous.offset) == previous.term; }
    // Of a leader's entries, which follow one another: the index of the first that is not in this log already, and in
    // `truncate_to` where to cut before appending it. Index == entries.size() when all are here.
    struct Plan {
        std::size_t first_new = 0;
        std::optional<Offset> truncate_to;
        bool operator==(const Plan&) const = default;
    };
    Plan plan(std::span<const Entry> entries) const;

private:
    Ledger() = default;
    Position start_;
    Offset end_;
    Offset durable_end_;
    std::vector<TermStart> terms_;
};

}  // namespace moldau::raft
