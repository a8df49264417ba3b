// The checks, and what clients learn from a start.

#include "power_loss/partition_checks.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace moldau::power_loss {
namespace {

using Fate = SentBatch::Fate;

// Two rounds of syncs and index writes, each far below it: what is acknowledged while one runs is not counted in it.
constexpr Millis kSyncSlack{60};
// flush.ms is looked at about once a second.
constexpr Millis kTickSlack{1'600};

class Checker {
public:
    Checker(History& history, const Found& found, const EndFacts& facts, Verdict& verdict)
        : history_(history), found_(found), facts_(facts), verdict_(verdict) {
        for (const auto& record : found.records) {
            if (const auto place = history.find(record.timestamp)) by_offset_.emplace(record.offset, *place);
        }
    }

    void check() {
        contents();
        if (!verdict_.holds()) return;
        offsets();
        order();
        if (history_.plan().is_compacted) {
            last_values();
        } else {
            acknowledged();
            bound();
        }
        seen();
        start();
        gone();
        if (verdict_.holds()) learn();
    }

private:
    // May a power loss have taken what was acknowledged?
    bool may_have_lost() const {
        return history_.plan().promise == TopicPlan::Promise::kReplicated && facts_.end == End::kPowerLost;
    }
    void violate(std::string_view check, const std::string& detail) {
        verdict_.violate(check, history_.name() + " [" + std::to_string(found_.start.value) + ", " +
                                    std::to_string(found_.end.value) + "): " + detail);
    }

    void contents() {
        std::unordered_map<std::int64_t, Offset> places;
        for (const auto& record : found_.records) {
            if (!history_.is_as_sent(record, verdict_)) return;
            const auto [place, is_new] = places.try_emplace(record.timestamp, record.offset);
            if (is_new) continue;
            violate("once", "the record of " + std::to_string(record.timestamp) + " is at " +
                                std::to_string(place->second.value) + " and " + std::to_string(record.offset.value));
        }
    }

    void offsets() {
        Offset expected = found_.start;
        for (const auto& [offset, place] : by_offset_) {
            const bool in_order = history_.plan().is_compacted ? offset >= expected : offset == expected;
            if (!in_order) {
                violate("offsets", "at " + std::to_string(offset.value) + ", expected " + std::to_string(expected.value));
            }
            expected = offset + 1;
            if (history_.plan().is_compacted) continue;
            const auto next = by_offset_.find(expected);
            const bool is_last = place.index + 1 == place.batch->records.size();
            if (!is_last && (next == by_offset_.end() || next->second.batch != place.batch)) {
                violate("offsets", "the batch at " + std::to_string(offset.value) + " is not whole");
            }
        }
        if (!history_.plan().is_compacted && expected != found_.end) {
            violate("offsets", "the last record is before " + std::to_string(expected.value));
        }
    }

    void order() {
        std::map<std::size_t, std::int64_t> last;
        for (const auto& [offset, place] : by_offset_) {
            auto& timestamp = last[place.batch->producer];
            if (place.record().timestamp < timestamp) {
                violate("order",
                        "producer " + std::to_string(place.batch->producer) + " at " + std::to_string(offset.value));
            }
            timestamp = place.record().timestamp;
        }
    }

    void acknowledged() {
        for (const auto& batch : history_.batches()) {
            if (batch.fate != Fate::kAcknowledged || batch.end() <= found_.start) continue;
            if (may_have_lost() && *batch.base >= found_.end) continue;
            const std::size_t first = batch.base >= found_.start ? 0 : static_cast<std::size_t>(found_.start - *batch.base);
            for (std::size_t index = first; index < batch.records.size(); ++index) {
                const auto at = by_offset_.find(*batch.base + static_cast<std::int64_t>(index));
                if (at != by_offset_.end() && at->second.batch == &batch && at->second.index == index) continue;
                ++verdict_.counts.synced_lost;
                violate("acknowledged", "lost at " + std::to_string(batch.base->value + static_cast<std::int64_t>(index)));
                break;
            }
        }
    }

    void bound() {
        if (!may_have_lost()) return;
        const auto& plan = history_.plan();
        std::int64_t lost = 0;
        for (const auto& batch : history_.batches()) {
            if (batch.fate != Fate::kAcknowledged || *batch.base < found_.end) continue;
            if (batch.acknowledged_at + kSyncSlack < facts_.at) lost += static_cast<std::int64_t>(batch.records.size());
            if (plan.time_lost_max && batch.acknowledged_at + *plan.time_lost_max + kTickSlack < facts_.at) {
                violate("bound", "a record acknowledged long ago is lost");
            }
        }
        if (plan.records_lost_max && lost > *plan.records_lost_max) {
            violate("bound", std::to_string(lost) + " acknowledged records are lost");
        }
    }

    // Per key the last that is known to have been there is the last found, or a newer one is.
    void last_values() {
        std::map<std::string, std::pair<Offset, const SentRecord*>> known;
        const auto note = [&](Offset offset, const SentRecord& record) {
            if (offset >= found_.end && may_have_lost()) return;
            auto& last = known[record.key.value_or("")];
            if (last.second == nullptr || last.first < offset) last = {offset, &record};
        };
        for (const auto& batch : history_.batches()) {
            if (batch.fate != Fate::kAcknowledged) continue;
            for (std::size_t index = 0; index < batch.records.size(); ++index)
                note(*batch.base + static_cast<std::int64_t>(index), batch.records[index]);
        }
        for (const auto& [offset, timestamp] : history_.seen) note(offset, history_.find(timestamp)->record());
        std::map<std::string, Offset> last_found;
        for (const auto& [offset, place] : by_offset_) last_found[place.record().key.value_or("")] = offset;
        for (const auto& [key, last] : known) {
            const auto found = last_found.find(key);
            const bool is_there = found != last_found.end() && found->second >= last.first;
            const bool may_be_absent = !last.second->value && found == last_found.end();  // a tombstone that has gone
            if (is_there || may_be_absent) continue;
            ++verdict_.counts.synced_lost;
            violate("acknowledged", "the last value of " + key + " at " + std::to_string(last.first.value) + " is lost, " +
                                        (found == last_found.end() ? std::string{"there is none"}
                                                                   : "found at " + std::to_string(found->second.value)));
        }
        for (const auto& batch : history_.batches()) {
            if (!batch.base) continue;
            for (std::size_t index = 0; index < batch.records.size(); ++index) {
                const Offset offset = *batch.base + static_cast<std::int64_t>(index);
                const auto at = by_offset_.find(offset);
                if (at == by_offset_.end() || (may_have_lost() && offset >= found_.end)) continue;
                if (at->second.batch != &batch)
                    violate("acknowledged", "another record is at " + std::to_string(offset.value));
            }
        }
    }

    void seen() {
        if (!may_have_lost() && found_.end < history_.seen_end) {
            violate("seen", "the high watermark was " + std::to_string(history_.seen_end.value));
        }
        for (const auto& [offset, timestamp] : history_.seen) {
            if (offset < found_.start || (may_have_lost() && offset >= found_.end)) continue;
            const auto at = by_offset_.find(offset);
            if (at == by_offset_.end() && history_.plan().is_compacted) continue;
            if (at != by_offset_.end() && at->second.record().timestamp == timestamp) continue;
            violate("seen", "what consumers saw at " + std::to_string(offset.value) + " is not there");
        }
    }

    void start() {
        if (found_.start < history_.start_deleted) {
            violate("start", "it was " + std::to_string(history_.start_deleted.value));
        }
        if (!history_.plan().expires && found_.start > history_.start_asked) {
            violate("start", "nothing was deleted beyond " + std::to_string(history_.start_asked.value));
        }
    }

    void gone() {
        for (const auto& [offset, place] : by_offset_) {
            if (place.batch->fate == Fate::kGone) violate("gone", "a batch is back at " + std::to_string(offset.value));
        }
    }

    void learn() {
        for (auto& batch : history_.batches()) {
            if (may_have_lost() && batch.base && *batch.base >= found_.end) lose(batch);
        }
        for (const auto& [offset, place] : by_offset_) place.batch->base = offset - static_cast<std::int64_t>(place.index);
        for (auto& batch : history_.batches()) {
            batch.acknowledged_at = {};  // by clocks to come: long ago
            if (batch.fate == Fate::kUnanswered && !batch.base && !batch.may_be_repeated) batch.fate = Fate::kGone;
        }
        if (!history_.plan().is_compacted) history_.seen.clear();
        std::erase_if(history_.seen, [&](const auto& entry) { return entry.first >= found_.end; });
        for (const auto& [offset, place] : by_offset_) history_.seen[offset] = place.record().timestamp;
        history_.seen_end = found_.end;
        verdict_.counts.records_checked += found_.records.size();
    }

    void lose(SentBatch& batch) {
        if (batch.fate == Fate::kAcknowledged) {
            verdict_.counts.replicated_lost += batch.records.size();
            batch.fate = Fate::kGone;
            history_.bereaved.insert(batch.producer);
        }
        batch.base.reset();
    }

    History& history_;
    const Found& found_;
    const EndFacts& facts_;
    Verdict& verdict_;
    std::map<Offset, History::Place> by_offset_;
};

}  // namespace

void check_partition(History& history, const Found& found, const EndFacts& facts, Verdict& verdict) {
    Checker{history, found, facts, verdict}.check();
}

}  // namespace moldau::power_loss
