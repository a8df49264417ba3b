// The settings and limits of a group coordinator, and the facts about a request that its body does not carry.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/time.h"
#include "base/uuid.h"

namespace moldau::group {

// Kafka's settings by their names, then limits that keep the memory of a shard bounded.
struct ShardOptions {
    Millis initial_rebalance_delay{3000};              // group.initial.rebalance.delay.ms
    Millis session_timeout_min{6000};                  // group.min.session.timeout.ms
    Millis session_timeout_max{1'800'000};             // group.max.session.timeout.ms
    std::size_t members_max = 10'000;                  // group.max.size; GROUP_MAX_SIZE_REACHED beyond
    std::size_t offset_metadata_max = 4096;            // offset.metadata.max.bytes, in UTF-16 units as Kafka counts
    Millis offsets_retention{7LL * 24 * 3600 * 1000};  // offsets.retention.minutes
    Millis offsets_retention_check_interval{600'000};  // offsets.retention.check.interval.ms

    Millis new_member_join_timeout{300'000};     // a first join's member that never hears of its id is dropped after this
    std::size_t groups_max = 100'000;            // COORDINATOR_NOT_AVAILABLE for new ones beyond
    std::size_t pending_members_max = 10'000;    // ids handed out and not used yet, per group; GROUP_MAX_SIZE_REACHED beyond
    std::size_t protocols_max = 100;             // per member; INVALID_REQUEST beyond
    std::size_t member_bytes_max = 1 << 20;      // a member's protocols and their metadata; INVALID_REQUEST beyond
    std::size_t assignment_bytes_max = 8 << 20;  // one SyncGroup's assignments; INVALID_REQUEST beyond
    std::size_t offsets_per_group_max = 1'000'000;  // INVALID_COMMIT_OFFSET_SIZE for new ones beyond
    std::size_t writes_in_flight_max = 10'000;      // COORDINATOR_LOAD_IN_PROGRESS (retriable) beyond
    std::size_t records_per_write_max = 1000;       // for tombstones; a commit is always one write
};

// Who asks: as DescribeGroups shows it. `host` has Java's form, "/127.0.0.1".
struct ClientInfo {
    std::string client_id;
    std::string host;
};

struct JoinFacts {
    ClientInfo client;
    std::int16_t version = 0;
    Uuid member_uuid;  // random; becomes the end of the member's id when this join makes one
};

}  // namespace moldau::group
