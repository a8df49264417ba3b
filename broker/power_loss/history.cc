// Sending, acknowledging, seeing.

#include "power_loss/history.h"

#include <algorithm>
#include <utility>

namespace moldau::power_loss {

SentBatch& History::send(std::vector<SentRecord> records) {
    auto& batch = batches_.emplace_back();
    batch.records = std::move(records);
    for (std::size_t index = 0; index < batch.records.size(); ++index) places_.push_back({&batch, index});
    return batch;
}

void History::acknowledge(SentBatch& batch, Offset base, MonoTime now, Verdict& verdict) {
    if (batch.base && *batch.base != base) {
        verdict.violate("once", name() + ": a batch at " + std::to_string(batch.base->value) + " is acknowledged at " +
                                    std::to_string(base.value));
    }
    if (batch.fate == SentBatch::Fate::kAcknowledged) return;
    verdict.counts.records_acknowledged += batch.records.size();
    if (batch.was_repeated) verdict.counts.records_repeated += batch.records.size();
    batch.fate = SentBatch::Fate::kAcknowledged;
    batch.base = base;
    batch.acknowledged_at = now;
}

std::optional<History::Place> History::find(std::int64_t timestamp) {
    const auto index = timestamp - kFirstTimestamp;
    if (index < 0 || index >= static_cast<std::int64_t>(places_.size())) return std::nullopt;
    return places_[static_cast<std::size_t>(index)];
}

bool History::is_as_sent(const FoundRecord& record, Verdict& verdict) {
    const auto place = find(record.timestamp);
    if (place && place->record().key == record.key && place->record().value == record.value) return true;
    verdict.violate("contents", name() + ": the record at " + std::to_string(record.offset.value) + " with timestamp " +
                                    std::to_string(record.timestamp) + " is not what was sent");
    return false;
}

void History::saw(const FoundRecord& record, Verdict& verdict) {
    if (!is_as_sent(record, verdict)) return;
    const auto sent = *find(record.timestamp);
    if (sent.batch->base && *sent.batch->base + static_cast<std::int64_t>(sent.index) != record.offset) {
        verdict.violate("once", name() + ": the record of " + std::to_string(record.timestamp) + " is at " +
                                    std::to_string(record.offset.value) + ", and was elsewhere");
    }
    ++verdict.counts.records_seen;
    const auto [place, is_new] = seen.try_emplace(record.offset, record.timestamp);
    if (!is_new && place->second != record.timestamp) {
        verdict.violate("seen", name() + ": at " + std::to_string(record.offset.value) + " consumers saw the record of " +
                                    std::to_string(place->second) + ", now that of " + std::to_string(record.timestamp));
    }
}

}  // namespace moldau::power_loss
