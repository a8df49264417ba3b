// Looks through one partition that Kafka left: may it be taken over, and what must the new owner know of it?
//
// The idea: the headers of all batches are walked once, which finds old formats, torn files and holes where data was tiered
// away, and yields what metadata needs: the end, the highest leader epoch and producer id. Place: between
// cli/offline/kafka_directory.h and the plan of an import.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "cli/offline/findings.h"
#include "cli/offline/kafka_directory.h"

namespace moldau::cli {

// Reads only the headers of batches, or all of each to check its checksum.
enum class Verify : std::uint8_t { kHeaders, kChecksums };

struct PartitionScan {
    Offset start{0};  // of what can be read
    Offset end{0};
    LeaderEpoch epoch = kNoLeaderEpoch;  // the highest
    std::int64_t producer_id_max = -1;
    std::optional<Offset> open_transaction;  // where the earliest one begins
    std::uint64_t bytes = 0;                 // of `files`
    std::vector<io::DirEntry> files;         // what belongs to the log
};

struct ScanOptions {
    Unclean unclean = Unclean::kRefuse;
    Verify verify = Verify::kHeaders;
};

// Is this file of a partition's folder part of its log? Leftovers of deletions and compactions are not.
bool is_log_file(const std::string& name);

PartitionScan scan_partition(const KafkaDirectory& directory, const KafkaPartition& partition, const ScanOptions& options,
                             Findings& findings);

}  // namespace moldau::cli
