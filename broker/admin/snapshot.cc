// Reading the counters of one core.

#include "admin/snapshot.h"

#include "coordinator/coordinator_shard.h"

namespace moldau::admin {

CoreSnapshot take_snapshot(const handlers::Shard& shard, store::LogStore& store, const handlers::RequestStats& requests,
                           const server::ServerCounters& server) {
    CoreSnapshot snapshot;
    snapshot.server = server;
    snapshot.handlers = shard.counters;
    snapshot.requests = requests;
    for (const auto* lane : store.wals()) {
        const auto& counters = lane->counters();
        snapshot.wal.commits += counters.commits;
        snapshot.wal.bytes_written += counters.bytes_written;
        snapshot.wal.entries += counters.entries;
        snapshot.wal.sync_nanos += counters.sync_nanos;
    }
    shard.partitions->for_each([&](const auto&, const handlers::LocalPartition& local) {
        ++snapshot.partitions;
        if (!shard.partitions->is_online(local)) ++snapshot.partitions_offline;
        if (!local.partition) return;
        const auto stats = local.partition->log().stats();
        snapshot.log_bytes += stats.bytes;
        snapshot.log_segments += stats.segments;
        snapshot.producers += stats.producers;
        snapshot.hot_bytes += stats.hot_bytes;
    });
    snapshot.cleaner = store.cleaner().stats();
    snapshot.fetch_sessions = shard.sessions.size();
    snapshot.request_memory_bytes = shard.request_memory.used();
    snapshot.answer_memory_bytes = shard.answer_memory.used();
    shard.coordinator->for_each(
        [&](coordinator::OffsetsPartition& partition) { snapshot.groups += partition.shard().group_count(); });
    return snapshot;
}

}  // namespace moldau::admin
