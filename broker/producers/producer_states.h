// What a partition remembers about its producers: so that a batch sent twice is stored once and none is skipped, and which
// transactions are undecided.
//
// The problem: a producer that got no answer sends again; the log must tell a repeat from a gap (KIP-98, KIP-360). The idea:
// per producer id its epoch and the sequence ranges of its last five batches; a batch must continue the sequence, repeat one
// of the five, or begin anew with a newer epoch. A transaction is open from its producer's first transactional batch to the
// marker that commits or aborts it (KIP-98), and undecided until that marker is replicated. Pure: no clock, no files; the
// log is the truth, so that these states can be rebuilt from it, and `producers/producer_snapshot.h` only shortens that.
//
// States advance at append, while the batch may still be lost with the leadership. A replica that truncates its log
// therefore takes the newest snapshot at or below the cut and replays what the log has kept after it: rolling back is
// rebuilding.

#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "producers/aborted_transaction.h"
#include "wire/batch_builder.h"
#include "wire/record_batch.h"

namespace moldau::producers {

// Where a batch was stored.
struct StoredRange {
    Offset base;
    Offset end;
    std::int64_t timestamp = -1;
    bool operator==(const StoredRange&) const = default;
};

// What a snapshot keeps of a producer: Kafka's fields.
struct ProducerEntry {
    ProducerId id;
    ProducerEpoch epoch;
    std::int32_t last_sequence = -1;
    Offset last_offset{-1};
    std::int32_t offset_delta = 0;
    std::int64_t timestamp = -1;  // when it was last heard of
    std::int32_t coordinator_epoch = -1;
    Offset transaction_first_offset{-1};
    bool operator==(const ProducerEntry&) const = default;
};

// The batches that a repeat is recognised by: the last offsets of the oldest and of the newest one; -1 where there is none.
struct RepeatWindow {
    ProducerId id;
    Offset oldest{-1};
    Offset newest{-1};
};

// The sequence number `count` after `sequence`; they wrap from 2^31 - 1 to 0.
std::int32_t add_to_sequence(std::int32_t sequence, std::int32_t count);

// What the records of a batch say about its producer's transaction; nullopt for batches that are no marker: data, other
// control records, those of which compaction left nothing, those that make no sense.
std::optional<wire::EndTransactionMarker> marker_in(const wire::BatchHeader& header, bytes::Span records);

// Thread: its log's core. Invariants: a producer has at most kBatchesKept batches, in the order of their offsets, all of its
// epoch.
class ProducerStates {
public:
    static constexpr std::size_t kBatchesKept = 5;

    // May the batch be appended? The range of the first time when it is a repeat, nullopt when it is new. Batches without a
    // producer id always may. Errors: kInvalidProducerEpoch, kOutOfOrderSequenceNumber, kInvalidTxnState (outside of the
    // transaction that is open), kBusy at `producers_max` producers.
    Result<std::optional<StoredRange>> check(const wire::BatchHeader& header, std::size_t producers_max) const;
    // The batch is in the log with `header.base_offset`. `heard_at`: now, or when replaying the log a good guess. `marker`:
    // marker_in() the batch. Returns the transaction that it aborts, if that has records.
    std::optional<AbortedTransaction> append(const wire::BatchHeader& header, std::int64_t heard_at,
                                             std::optional<wire::EndTransactionMarker> marker = std::nullopt);
    // Adds an older batch in front of what a snapshot gave, so that the window of five is whole again.
    void prepend(const wire::BatchHeader& header);

    // Forgets producers not heard of for `expiration` that have no open transaction.
    void expire(WallTime now, Millis expiration);
    void clear();
    void restore(const std::vector<ProducerEntry>& entries);
    // In the order of their ids.
    std::vector<ProducerEntry> entries() const;
    // Of every producer.
    std::vector<RepeatWindow> repeat_windows() const;
    // Where the earliest transaction begins that is open or whose marker is not below `high_watermark`; nullopt when there
    // is none. O(log n) in the transactions that are neither.
    std::optional<Offset> first_unstable(Offset high_watermark) const;
    // The high watermark is at least here and never falls below.
    void forget_completed(Offset high_watermark);
    std::size_t count() const { return producers_.size(); }
    bool empty() const { return producers_.empty(); }

private:
    struct Batch {
        std::int32_t last_sequence;
        std::int32_t offset_delta;
        Offset last_offset;
        std::int64_t timestamp;
        std::int32_t first_sequence() const { return add_to_sequence(last_sequence, -offset_delta); }
    };
    struct Producer {
        ProducerEpoch epoch;
        std::uint8_t batch_count = 0;
        std::int32_t coordinator_epoch = -1;
        std::int64_t heard_at = -1;
        Offset transaction_first_offset{-1};
        std::array<Batch, kBatchesKept> batches;  // the newest last

        std::int32_t last_sequence() const { return batch_count == 0 ? -1 : batches[batch_count - 1].last_sequence; }
        const Batch* find(std::int32_t first, std::int32_t last) const;
        void add(const Batch& batch);
    };

    // Ended, by a marker that may not be replicated yet.
    struct Completed {
        Offset first;
        Offset marker;
    };
    std::optional<AbortedTransaction> end_transaction(const wire::BatchHeader& header, wire::EndTransactionMarker marker);

    std::unordered_map<ProducerId, Producer> producers_;
    std::set<Offset> open_;  // where each open transaction begins
    // Both offsets ascend: one that began after a later one cannot be the earliest undecided, and is left out.
    std::deque<Completed> completed_;
};

}  // namespace moldau::producers
