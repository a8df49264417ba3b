// What becomes of each batch of a log that is compacted.
//
// The problem: of every key only the last record may stay, yet offsets, producers' sequences, transactions and the time that
// tombstones are owed to readers must come through. The idea: batches go by in the order of their offsets, and each comes
// back as it was, with fewer records, empty, or not at all. Pure: time, keys and outcomes are given.
//
// - A record stays when no later one has its key. Without a key it goes, and is counted.
// - Tombstones, and markers whose transaction has no batch left, get a delete horizon when they are first seen
//   (KIP-534: it takes the base timestamp's place) and go once it has passed.
// - Records of aborted transactions go.
// - The batches that a repeat of a live producer's is recognised by stay, if need be without records; so does its last
// marker.
// - The last batch of what becomes one segment stays, so that the segment ends where the next begins.
//
// Offsets, sequences, epochs, codec, timestamp type and, under LogAppendTime, timestamps are preserved.

#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "base/ids.h"
#include "base/result.h"
#include "bytes/buffer.h"
#include "bytes/codec.h"
#include "compaction/key_offsets.h"
#include "compaction/transactions.h"
#include "wire/record_batch.h"

namespace moldau::compaction {

// Which batches of a live producer a repeat is recognised by: the last offsets of the oldest and the newest; -1: none.
struct RecentBatches {
    Offset oldest{-1};
    Offset newest{-1};
};
using LiveProducers = std::unordered_map<ProducerId, RecentBatches>;

struct CleaningRules {
    const KeyOffsets& latest;
    const TransactionOutcomes& outcomes;
    const LiveProducers& producers;
    Offset end;  // `latest` knows the records below; those at or beyond stay
    std::int64_t now = 0;
    std::int64_t delete_retention_ms = 0;
    std::size_t inflated_bytes_max = 256 << 20;
};

struct CleaningStats {
    std::uint64_t batches_read = 0;
    std::uint64_t bytes_read = 0;
    std::uint64_t bytes_kept = 0;
    std::uint64_t records_read = 0;
    std::uint64_t records_kept = 0;
    std::uint64_t records_without_key = 0;
};

enum class BatchPlace : std::uint8_t { kInner, kLastOfSegment };

// One run over one log. Thread: one. Memory: one inflated batch and a producer id per transaction that has a batch left.
class BatchCleaner {
public:
    // The rules outlive it. `codecs` as well.
    BatchCleaner(const CleaningRules& rules, bytes::Codecs& codecs) : rules_(rules), codecs_(codecs) {}

    // What to write in place of `batch`, nullopt when nothing. Errors: kCorruptMessage, kInvalidRecord, kLimitExceeded: what
    // is stored is damaged, the log cannot be cleaned.
    Result<std::optional<bytes::View>> clean(const bytes::View& batch, BatchPlace place);
    const CleaningStats& stats() const { return stats_; }

    // Puts the keys of `batch` into `latest`. False when there was no room for one of them.
    static Result<bool> note_keys(KeyOffsets& latest, const bytes::View& batch, bytes::Decompressor& decompressor,
                                  std::size_t inflated_bytes_max = 256 << 20);

private:
    struct Kept;
    Result<std::optional<bytes::View>> decide(const wire::BatchHeader& header, const bytes::View& batch, BatchPlace place);
    Result<std::optional<bytes::View>> clean_marker(const wire::BatchHeader& header, const bytes::View& batch,
                                                    BatchPlace place);
    Result<std::optional<bytes::View>> clean_data(const wire::BatchHeader& header, const bytes::View& batch);
    bool is_kept(const wire::BatchHeader& header, const wire::Record& record, Kept& kept);
    bool is_recent_of_producer(const wire::BatchHeader& header) const;

    const CleaningRules& rules_;
    bytes::Codecs& codecs_;
    std::unordered_set<ProducerId> has_batches_;  // whose transaction has a batch left
    CleaningStats stats_;
};

}  // namespace moldau::compaction
