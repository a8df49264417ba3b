// How the transactions of a part of a log ended, as compaction needs to know it.
//
// The problem: records of aborted transactions must go, must not supersede others, and only a later marker tells; markers
// may go when nothing of their transaction is left. The idea: one walk over the headers finds the aborted ranges before any
// record is looked at; while cleaning, the producers whose transaction still has a batch are remembered. Pure.

#pragma once

#include <cstddef>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "bytes/buffer.h"
#include "wire/batch_builder.h"
#include "wire/record_batch.h"

namespace moldau::compaction {

// The type of a control batch's first record. Errors: kInvalidRecord.
Result<wire::ControlType> control_type_of(const wire::BatchHeader& header, const bytes::View& batch);

// Thread: one. Memory: an entry per aborted transaction and per open one.
class TransactionOutcomes {
public:
    // Batches in the order of their offsets, from where no earlier transaction of interest was open. `batch` is only looked
    // at when it is a control batch. Errors: kInvalidRecord.
    Result<void> add(const wire::BatchHeader& header, const bytes::View& batch);
    // Is a transaction that has a batch below `end` not ended yet?
    bool has_open_before(Offset end) const;
    // Is the batch one of an aborted transaction?
    bool is_aborted(const wire::BatchHeader& header) const;
    std::size_t aborted_count() const;

private:
    struct Range {
        Offset first;
        Offset marker;
    };
    std::unordered_map<ProducerId, Offset> open_;                 // with the first offset
    std::unordered_map<ProducerId, std::vector<Range>> aborted_;  // ascending
};

}  // namespace moldau::compaction
