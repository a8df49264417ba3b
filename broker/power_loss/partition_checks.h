// What must hold for a partition after each start, as named checks over what its clients know and what is found.
//
//   contents      every record found is one that was sent, key, value and timestamp
//   once          no record is there twice
//   offsets       offsets ascend; without compaction they have no holes, and batches are whole
//   order         a producer's batches are in the order in which it sent them
//   acknowledged  what was acknowledged is there, at its offset: all of it (`synced`, or when only the process died), or all
//                 but a suffix (`replicated`); compacted: per key the last acknowledged value or a newer one
//   bound         of a `replicated` topic no more is lost than flush.messages or flush.ms allow
//   seen          what consumers were given is still there, and the high watermark has not gone back
//   start         the log's start is not below an answered DeleteRecords, nor beyond what was asked for
//   gone          what was not there after a start does not come back
//
// Pure. Place: run after each start, before new requests.

#pragma once

#include "power_loss/history.h"
#include "power_loss/reader.h"

namespace moldau::power_loss {

enum class End { kCleanStop, kProcessDied, kPowerLost };

struct EndFacts {
    End end = End::kCleanStop;
    MonoTime at{};  // the last process's time
};

// Afterwards the history knows what was lost within the promise and where what was unanswered is.
void check_partition(History& history, const Found& found, const EndFacts& facts, Verdict& verdict);

}  // namespace moldau::power_loss
