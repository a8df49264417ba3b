// Reads every byte of a partition and says whether its files agree: checksums, offsets, indexes, transactions, epochs.
//
// The idea: one walk over the batches; each index is followed along it, so that memory holds an index, never a log. Gaps
// between offsets are counted, not faulted: compaction makes them. Changes nothing; for stopped brokers and for copies.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"

namespace moldau::cli {

struct PartitionCheck {
    std::uint64_t segments = 0;
    std::uint64_t batches = 0;
    std::int64_t records = 0;
    std::uint64_t bytes = 0;
    std::uint64_t gaps = 0;  // places where offsets are missing between two batches
    Offset start{0};
    Offset end{0};
    std::vector<std::string> faults;  // whole sentences: file, position, fault, remedy
};

PartitionCheck check_partition(const std::string& folder);

}  // namespace moldau::cli
