// The metadata log's batches: records in, one atomic batch out, and back.
//
// The idea: what one request decides is one record batch (format v2, wire/record_batch.h), so that after a crash all of it
// is there or nothing. Control batches mark the start of a term, and the ends of a snapshot.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "bytes/buffer.h"
#include "metadata/records.h"
#include "raft/types.h"
#include "wire/produce_validation.h"

namespace moldau::metadata {

struct BatchStamp {
    Offset base;
    LeaderEpoch epoch{0};
    WallTime time{};
};

// Errors: kInvalidRequest, kRecordListTooLarge when the records do not fit in a batch.
Result<bytes::View> data_batch(std::span<const AnyRecord> records, const BatchStamp& stamp);

struct LeaderChange {
    raft::VoterId leader;
    std::vector<raft::VoterId> voters;
    std::vector<raft::VoterId> granting;
};
bytes::View leader_change_batch(const LeaderChange& change, const BatchStamp& stamp);
bytes::View snapshot_header_batch(WallTime last_log_time, const BatchStamp& stamp);
bytes::View snapshot_footer_batch(const BatchStamp& stamp);

// A batch of our own as `log::Log::append` takes it.
wire::ValidatedBatch as_validated(const bytes::View& batch);

// One batch read back.
struct ReadBatch {
    Offset base;
    Offset end;
    LeaderEpoch epoch;
    WallTime time{};
    enum class Kind : std::uint8_t {
        kData,
        kLeaderChange,
        kSnapshotHeader,
        kSnapshotFooter,
        kOtherControl
    } kind = Kind::kData;
    std::vector<AnyRecord> records;  // kData
    BrokerId leader{-1};             // kLeaderChange
};

// Walks over whole batches. Errors: kCorrupt with the offset, for damage and for bytes that do not follow the grammar;
// kNewerFormat for records that this build does not know.
class BatchReader {
public:
    explicit BatchReader(bytes::View batches) : batches_(std::move(batches)), at_(batches_.span()) {}
    // Nullopt after the last.
    Result<std::optional<ReadBatch>> next();

private:
    bytes::View batches_;
    wire::BatchIterator at_;
};

}  // namespace moldau::metadata
