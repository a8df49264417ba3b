// The rules of idempotent and transactional producers.

#include "producers/producer_states.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "wire/record_reader.h"

namespace moldau::producers {

namespace {

constexpr std::int64_t kSequences = std::int64_t{std::numeric_limits<std::int32_t>::max()} + 1;

std::string text_of(const wire::BatchHeader& header) {
    return "producer " + std::to_string(header.producer_id.value) + " epoch " + std::to_string(header.producer_epoch.value) +
           " sequence " + std::to_string(header.base_sequence);
}

// Does the batch stand outside of the transaction that its producer has open?
bool is_stray(const wire::BatchHeader& header, Offset transaction_first_offset) {
    return transaction_first_offset >= Offset{0} && !header.attributes.is_transactional();
}

}  // namespace

std::optional<wire::EndTransactionMarker> marker_in(const wire::BatchHeader& header, bytes::Span records) {
    if (!header.attributes.is_control() || header.producer_id < ProducerId{0}) return std::nullopt;
    if (header.attributes.codec() != bytes::Codec::kNone) return std::nullopt;  // nobody compresses markers
    const auto record = wire::RecordReader{records, header.record_count}.next();
    if (!record || !*record) return std::nullopt;
    const auto marker = wire::parse_marker(**record);
    if (!marker) return std::nullopt;
    return *marker;
}

std::int32_t add_to_sequence(std::int32_t sequence, std::int32_t count) {
    const std::int64_t sum = (std::int64_t{sequence} + count) % kSequences;
    return static_cast<std::int32_t>(sum < 0 ? sum + kSequences : sum);
}

const ProducerStates::Batch* ProducerStates::Producer::find(std::int32_t first, std::int32_t last) const {
    for (std::size_t index = 0; index < batch_count; ++index) {
        if (batches[index].first_sequence() == first && batches[index].last_sequence == last) return &batches[index];
    }
    return nullptr;
}

void ProducerStates::Producer::add(const Batch& batch) {
    if (batch_count == kBatchesKept) {
        std::shift_left(batches.begin(), batches.end(), 1);
        --batch_count;
    }
    batches[batch_count++] = batch;
}

Result<std::optional<StoredRange>> ProducerStates::check(const wire::BatchHeader& header, std::size_t producers_max) const {
    if (header.producer_id < ProducerId{0}) return std::nullopt;
    const auto found = producers_.find(header.producer_id);
    if (found == producers_.end()) {
        if (producers_.size() >= producers_max) {
            return fail(Errc::kBusy,
                        text_of(header) + ": the partition has " + std::to_string(producers_.size()) + " producers already");
        }
        return std::nullopt;  // whatever it says: its records may all have been deleted
    }
    const Producer& producer = found->second;
    if (header.producer_epoch < producer.epoch) {
        return fail(Errc::kInvalidProducerEpoch, text_of(header) + ": the epoch is " + std::to_string(producer.epoch.value));
    }
    if (header.attributes.is_control() || header.base_sequence < 0) return std::nullopt;
    if (header.producer_epoch > producer.epoch) {
        if (header.base_sequence == 0) return std::nullopt;
        return fail(Errc::kOutOfOrderSequenceNumber, text_of(header) + ": a new epoch begins with 0");
    }
    if (const Batch* repeat = producer.find(header.base_sequence, header.last_sequence())) {
        return StoredRange{repeat->last_offset - repeat->offset_delta, repeat->last_offset + 1, repeat->timestamp};
    }
    const std::int32_t last = producer.last_sequence();
    const std::int32_t expected = last < 0 ? 0 : add_to_sequence(last, 1);
    if (header.base_sequence == expected) {
        if (!is_stray(header, producer.transaction_first_offset)) return std::nullopt;
        return fail(Errc::kInvalidTxnState, text_of(header) + ": its transaction is open");
    }
    return fail(Errc::kOutOfOrderSequenceNumber, text_of(header) + ": expected " + std::to_string(expected));
}

std::optional<AbortedTransaction> ProducerStates::append(const wire::BatchHeader& header, std::int64_t heard_at,
                                                         std::optional<wire::EndTransactionMarker> marker) {
    if (header.producer_id < ProducerId{0}) return std::nullopt;
    auto [found, is_new] = producers_.try_emplace(header.producer_id);
    Producer& producer = found->second;
    if (is_new || producer.epoch != header.producer_epoch) {
        producer.epoch = header.producer_epoch;
        producer.batch_count = 0;
    }
    producer.heard_at = std::max(producer.heard_at, heard_at);
    if (header.attributes.is_control()) return marker ? end_transaction(header, *marker) : std::nullopt;
    if (header.attributes.is_transactional() && producer.transaction_first_offset < Offset{0}) {
        producer.transaction_first_offset = header.base_offset;
        open_.insert(header.base_offset);
    }
    if (header.base_sequence < 0) return std::nullopt;
    producer.add({header.last_sequence(), header.last_offset_delta, header.last_offset(), header.max_timestamp});
    return std::nullopt;
}

std::optional<AbortedTransaction> ProducerStates::end_transaction(const wire::BatchHeader& header,
                                                                  wire::EndTransactionMarker marker) {
    Producer& producer = producers_.at(header.producer_id);
    producer.coordinator_epoch = marker.coordinator_epoch;
    const Offset first = std::exchange(producer.transaction_first_offset, Offset{-1});
    if (first < Offset{0}) return std::nullopt;  // of a transaction without records here
    open_.erase(first);
    const Offset last = header.base_offset;
    while (!completed_.empty() && completed_.back().first >= first) completed_.pop_back();
    completed_.push_back({first, last});
    if (marker.type != wire::ControlType::kAbort) return std::nullopt;
    return AbortedTransaction{header.producer_id, first, last, open_.empty() ? last + 1 : *open_.begin()};
}

void ProducerStates::prepend(const wire::BatchHeader& header) {
    const auto found = producers_.find(header.producer_id);
    if (found == producers_.end() || header.attributes.is_control() || header.base_sequence < 0) return;
    Producer& producer = found->second;
    if (producer.epoch != header.producer_epoch || producer.batch_count == 0) return;
    const Batch newest = producer.batches[producer.batch_count - 1];
    if (header.last_offset() >= newest.last_offset) return;
    --producer.batch_count;
    producer.add({header.last_sequence(), header.last_offset_delta, header.last_offset(), header.max_timestamp});
    producer.add(newest);
}

void ProducerStates::expire(WallTime now, Millis expiration) {
    const std::int64_t limit = to_timestamp(now) - expiration.count();
    std::erase_if(producers_, [&](const auto& item) {
        return item.second.transaction_first_offset < Offset{0} && item.second.heard_at <= limit;
    });
}

void ProducerStates::clear() {
    producers_.clear();
    open_.clear();
    completed_.clear();
}

void ProducerStates::restore(const std::vector<ProducerEntry>& entries) {
    clear();
    for (const auto& entry : entries) {
        Producer& producer = producers_[entry.id];
        producer = {};
        producer.epoch = entry.epoch;
        producer.coordinator_epoch = entry.coordinator_epoch;
        producer.heard_at = entry.timestamp;
        producer.transaction_first_offset = entry.transaction_first_offset;
        if (entry.transaction_first_offset >= Offset{0}) open_.insert(entry.transaction_first_offset);
        if (entry.last_sequence < 0) continue;
        producer.add({entry.last_sequence, entry.offset_delta, entry.last_offset, entry.timestamp});
    }
}

std::optional<Offset> ProducerStates::first_unstable(Offset high_watermark) const {
    std::optional<Offset> first;
    if (!open_.empty()) first = *open_.begin();
    const auto undecided = std::ranges::lower_bound(completed_, high_watermark, {}, &Completed::marker);
    if (undecided != completed_.end()) first = std::min(first.value_or(undecided->first), undecided->first);
    return first;
}

void ProducerStates::forget_completed(Offset high_watermark) {
    while (!completed_.empty() && completed_.front().marker < high_watermark) completed_.pop_front();
}

std::vector<ProducerEntry> ProducerStates::entries() const {
    std::vector<ProducerEntry> entries;
    entries.reserve(producers_.size());
    for (const auto& [id, producer] : producers_) {
        ProducerEntry entry{.id = id,
                            .epoch = producer.epoch,
                            .timestamp = producer.heard_at,
                            .coordinator_epoch = producer.coordinator_epoch,
                            .transaction_first_offset = producer.transaction_first_offset};
        if (producer.batch_count > 0) {
            const Batch& newest = producer.batches[producer.batch_count - 1];
            entry.last_sequence = newest.last_sequence;
            entry.last_offset = newest.last_offset;
            entry.offset_delta = newest.offset_delta;
        }
        entries.push_back(entry);
    }
    std::ranges::sort(entries, {}, &ProducerEntry::id);
    return entries;
}

std::vector<RepeatWindow> ProducerStates::repeat_windows() const {
    std::vector<RepeatWindow> windows;
    windows.reserve(producers_.size());
    for (const auto& [id, producer] : producers_) {
        auto& window = windows.emplace_back(id);
        if (producer.batch_count == 0) continue;
        window.oldest = producer.batches[0].last_offset;
        window.newest = producer.batches[producer.batch_count - 1].last_offset;
    }
    return windows;
}

}  // namespace moldau::producers
