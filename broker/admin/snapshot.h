// The broker's numbers at one moment, gathered core by core, added up for metrics.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "handlers/request_stats.h"
#include "handlers/shard.h"
#include "server/connection.h"
#include "store/dir_health.h"
#include "store/log_store.h"

namespace moldau::admin {

// Calls of the operator API that were answered, by method and gRPC code.
struct OperatorCalls {
    std::string method;
    std::string code;
    std::uint64_t count = 0;
};

// Of one core, taken on it.
struct CoreSnapshot {
    server::ServerCounters server;
    handlers::HandlerCounters handlers;
    handlers::RequestStats requests;
    wal::WriteAheadLog::Counters wal;
    std::uint64_t partitions = 0;
    std::uint64_t partitions_offline = 0;
    std::uint64_t log_bytes = 0;
    std::uint64_t log_segments = 0;
    std::uint64_t producers = 0;
    std::uint64_t hot_bytes = 0;
    std::uint64_t fetch_sessions = 0;
    std::uint64_t request_memory_bytes = 0;
    std::uint64_t answer_memory_bytes = 0;
    std::uint64_t groups = 0;
    store::CleanerStats cleaner;
    std::vector<OperatorCalls> operator_calls;  // they live on the first core
    std::uint64_t operator_feeds = 0;
};

struct NodeSnapshot {
    std::vector<CoreSnapshot> cores;
    std::vector<store::DirState> dirs;
    std::uint64_t topics = 0;
    std::int64_t metadata_offset = 0;
    std::uint64_t metadata_commits = 0;
    std::string version;
    std::string cluster_id;
    std::int32_t node_id = 0;
};

// On the shard's core.
CoreSnapshot take_snapshot(const handlers::Shard& shard, store::LogStore& store, const handlers::RequestStats& requests,
                           const server::ServerCounters& server);

}  // namespace moldau::admin
