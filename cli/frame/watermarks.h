// Where a partition's log begins and ends, and which offset a place in it is.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/frame/offset_spec.h"

namespace moldau::cli {

class Client;

struct PartitionName {
    std::string topic;
    std::int32_t partition;
};

struct Watermarks {
    std::int64_t earliest;  // the first offset that can be read
    std::int64_t latest;    // the next one to be written, as consumers see it
};

// Asks the partition's leader.
Result<Watermarks> query_watermarks(Client& client, const PartitionName& name);

// The first offset whose record is at or after a time; nullopt when there is none.
Result<std::optional<std::int64_t>> query_offset_at(Client& client, const PartitionName& name, std::int64_t timestamp_ms);

// The wall clock, for places that are so long ago.
std::int64_t now_ms();

// An offset in [earliest, latest]: what lies outside becomes the nearer end; a time after all records is the end. No kAgo.
struct OffsetQuestion {
    PartitionName name;
    OffsetSpec spec;
    Watermarks bounds;
};
Result<std::int64_t> resolve_offset(Client& client, const OffsetQuestion& question);

}  // namespace moldau::cli
