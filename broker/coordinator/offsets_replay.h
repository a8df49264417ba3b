// The batches of a partition of `__consumer_offsets` back into its groups, in the order in which they count.
//
// The problem: offsets that a transaction commits stand in the log before anybody knows whether it ends well. The idea:
// transactional batches wait here for the marker of their producer; a commit marker lets them count then, an abort marker
// drops them. What is still open at the log's end does not count. Pure. Place: used by `OffsetsPartition` while it loads.

#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "bytes/buffer.h"
#include "bytes/codec.h"
#include "group/shard.h"
#include "wire/record_batch.h"

namespace moldau::coordinator {

// Lifetime: one load. Thread: the partition's core.
class OffsetsReplay {
public:
    // The codecs and the machine outlive it.
    OffsetsReplay(group::Shard& shard, bytes::Decompressor& decompressor) : shard_(shard), decompressor_(decompressor) {}

    // Whole batches that follow those before. Errors: those of Shard::replay, and of batches that cannot be read.
    Result<void> replay(const bytes::View& batches);
    // Producers whose transaction has offsets here and no end yet.
    std::size_t open_transactions() const { return open_.size(); }

private:
    Result<void> replay_batch(const bytes::View& batch, const wire::BatchHeader& header);
    Result<void> end_transaction(const bytes::View& batch, const wire::BatchHeader& header);

    group::Shard& shard_;
    bytes::Decompressor& decompressor_;
    std::map<ProducerId, std::vector<bytes::View>> open_;
};

}  // namespace moldau::coordinator
