// The list of term starts, cut at both ends.

#include "raft/ledger.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/check.h"

namespace moldau::raft {

Result<Ledger> Ledger::create(LogState state) {
    const auto broken = [&](const char* what) {
        return fail(Errc::kCorrupt, std::string{"the log's state: "} + what + ", start " +
                                        std::to_string(state.start.offset.value) + ", end " +
                                        std::to_string(state.end.value));
    };
    if (state.end < state.start.offset) return broken("it ends before it starts");
    if (state.durable_end < state.start.offset || state.durable_end > state.end) return broken("its durable end is outside");
    for (std::size_t index = 0; index < state.terms.size(); ++index) {
        const TermStart& term = state.terms[index];
        if (term.offset > state.end) return broken("a term starts beyond the end");
        if (index > 0 && (term.term <= state.terms[index - 1].term || term.offset < state.terms[index - 1].offset)) {
            return broken("terms do not ascend");
        }
    }
    Ledger ledger;
    ledger.start_ = state.start;
    ledger.end_ = state.end;
    ledger.durable_end_ = state.durable_end;
    ledger.terms_ = std::move(state.terms);
    ledger.compact(state.start.offset);
    ledger.start_.term = state.start.term;
    if (!ledger.terms_.empty() && ledger.terms_.front().term < state.start.term) return broken("its terms go back");
    return ledger;
}

std::optional<Term> Ledger::term_before(Offset offset) const {
    if (offset < start_.offset || offset > end_) return std::nullopt;
    if (offset == start_.offset) return start_.term;
    const auto after = std::ranges::upper_bound(terms_, offset - 1, {}, &TermStart::offset);
    return after == terms_.begin() ? start_.term : std::prev(after)->term;
}

Entry Ledger::append(Term term, std::int32_t records, EntryKind kind) {
    CHECK(term >= last_term() && records > 0);
    CHECK(end_.value <= std::numeric_limits<std::int64_t>::max() - records);
    if (terms_.empty() || terms_.back().term < term) terms_.push_back({term, end_});
    const Entry entry{term, end_, records, kind};
    end_ = entry.end();
    return entry;
}

void Ledger::stored(Offset end) {
    CHECK(end >= durable_end_ && end <= end_);
    durable_end_ = end;
}

void Ledger::truncate(Offset end) {
    CHECK(end >= start_.offset && end <= end_);
    end_ = end;
    durable_end_ = std::min(durable_end_, end);
    while (!terms_.empty() && terms_.back().offset >= end) terms_.pop_back();
}

void Ledger::compact(Offset to) {
    CHECK(to >= start_.offset && to <= end_);
    start_.term = term_before(to).value();
    start_.offset = to;
    durable_end_ = std::max(durable_end_, to);
    // The term that `to` lies in stays, unless the log becomes empty there.
    while (terms_.size() > 1 && terms_[1].offset <= to) terms_.erase(terms_.begin());
}

void Ledger::restart(Position position) {
    start_ = position;
    end_ = durable_end_ = position.offset;
    terms_.clear();
}

Ledger::Plan Ledger::plan(std::span<const Entry> entries) const {
    for (std::size_t index = 0; index < entries.size(); ++index) {
        const Entry& entry = entries[index];
        if (entry.end() <= start_.offset) continue;  // a snapshot has it
        if (entry.base >= end_) return {index, std::nullopt};
        if (entry.end() > end_ || term_before(entry.end()) != entry.term) return {index, entry.base};
    }
    return {entries.size(), std::nullopt};
}

}  // namespace moldau::raft
