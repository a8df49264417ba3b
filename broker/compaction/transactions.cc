// Open transactions and aborted ranges.

#include "compaction/transactions.h"

#include <algorithm>

#include "wire/record_reader.h"

namespace moldau::compaction {

Result<wire::ControlType> control_type_of(const wire::BatchHeader& header, const bytes::View& batch) {
    wire::RecordReader records{batch.slice(wire::kBatchHeaderBytes).span(), header.record_count};
    MOLDAU_TRY_ASSIGN(record, records.next());
    if (!record) return fail(Errc::kInvalidRecord, "a control batch without a record");
    return wire::control_type(*record);
}

Result<void> TransactionOutcomes::add(const wire::BatchHeader& header, const bytes::View& batch) {
    if (header.producer_id < ProducerId{0}) return {};
    if (!header.attributes.is_control()) {
        if (header.attributes.is_transactional()) open_.try_emplace(header.producer_id, header.base_offset);
        return {};
    }
    if (header.record_count == 0) return {};
    MOLDAU_TRY_ASSIGN(type, control_type_of(header, batch));
    const auto open = open_.find(header.producer_id);
    if (open == open_.end() || (type != wire::ControlType::kAbort && type != wire::ControlType::kCommit)) return {};
    if (type == wire::ControlType::kAbort) aborted_[header.producer_id].push_back({open->second, header.base_offset});
    open_.erase(open);
    return {};
}

bool TransactionOutcomes::has_open_before(Offset end) const {
    return std::ranges::any_of(open_, [&](const auto& item) { return item.second < end; });
}

bool TransactionOutcomes::is_aborted(const wire::BatchHeader& header) const {
    if (!header.attributes.is_transactional() || header.attributes.is_control()) return false;
    const auto found = aborted_.find(header.producer_id);
    if (found == aborted_.end()) return false;
    const auto range = std::ranges::upper_bound(found->second, header.base_offset, {}, &Range::marker);
    return range != found->second.end() && range->first <= header.base_offset;
}

std::size_t TransactionOutcomes::aborted_count() const {
    std::size_t count = 0;
    for (const auto& [producer, ranges] : aborted_) count += ranges.size();
    return count;
}

}  // namespace moldau::compaction
