// The table of broker settings.

#include "settings/setting.h"

namespace moldau::settings {
namespace {

std::vector<Setting> connection_rows() {
    return {
        {"advertised.listeners", Type::kList, nullptr, {},
         "The addresses that clients are told to connect to, as NAME://host:port; by default those of `listeners`. 0.0.0.0 is never "
         "advertised: a listener on every interface needs an address here, or the host's name is used."},
        {"connections.max.idle.ms", Type::kLong, "600000", {.min = 1}, "A connection that is silent for so long is closed."},
        {"listener.security.protocol.map", Type::kString, "PLAINTEXT:PLAINTEXT", {},
         "The protocol of each listener name, as NAME:PROTOCOL; this version knows PLAINTEXT."},
        {"listeners", Type::kList, "PLAINTEXT://127.0.0.1:9092", {}, "The addresses to listen on, as NAME://host:port."},
        {"max.connections", Type::kInt, "2147483647", {.min = 1}, "The largest number of client connections; more are closed at once."},
        {"max.connections.per.ip", Type::kInt, "2147483647", {.min = 1}, "The same for one client address."},
        {"socket.listen.backlog.size", Type::kInt, "1024", {.min = 1}, "Connections that wait to be accepted."},
        {"socket.request.max.bytes", Type::kInt, "104857600", {.min = 1}, "The largest request; a longer one closes the connection."},
    };
}

std::vector<Setting> log_rows() {
    return {
        {"compression.gzip.level", Type::kInt, "-1", {.min = -1, .max = 9}, "Default of the topic setting."},
        {"compression.lz4.level", Type::kInt, "9", {.min = 1, .max = 17}, "Default of the topic setting."},
        {"compression.type", Type::kString, "producer",
         {.words = {"uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"}}, "Default of the topic setting."},
        {"compression.zstd.level", Type::kInt, "3", {.min = -131072, .max = 22}, "Default of the topic setting."},
        {"log.cleaner.delete.retention.ms", Type::kLong, "86400000", {.min = 0}, "Default of `delete.retention.ms`."},
        {"log.cleaner.max.compaction.lag.ms", Type::kLong, "9223372036854775807", {.min = 1}, "Default of `max.compaction.lag.ms`."},
        {"log.cleaner.min.cleanable.ratio", Type::kDouble, "0.5", {.min = 0, .max = 1}, "Default of `min.cleanable.dirty.ratio`."},
        {"log.cleaner.min.compaction.lag.ms", Type::kLong, "0", {.min = 0}, "Default of `min.compaction.lag.ms`."},
        {"log.cleanup.policy", Type::kList, "delete", {.words = {"compact", "delete"}}, "Default of `cleanup.policy`."},
        {"log.dir", Type::kList, "./moldau-data", {}, "Where data is stored when `log.dirs` is not set."},
        {"log.dirs", Type::kList, nullptr, {}, "The folders where data is stored, one per disk, separated by commas."},
        {"log.flush.interval.messages", Type::kLong, "9223372036854775807", {.min = 1}, "Default of `flush.messages`."},
        {"log.flush.interval.ms", Type::kLong, nullptr, {.min = 0}, "Default of `flush.ms`."},
        {"log.flush.offset.checkpoint.interval.ms", Type::kInt, "60000", {.min = 1},
         "How often segments are synced and the recovery points recorded."},
        {"log.index.interval.bytes", Type::kInt, "4096", {.min = 0}, "Default of `index.interval.bytes`."},
        {"log.index.size.max.bytes", Type::kInt, "10485760", {.min = 4}, "Default of `segment.index.bytes`."},
        {"log.message.timestamp.after.max.ms", Type::kLong, "3600000", {.min = 0}, "Default of `message.timestamp.after.max.ms`."},
        {"log.message.timestamp.before.max.ms", Type::kLong, "9223372036854775807", {.min = 0},
         "Default of `message.timestamp.before.max.ms`."},
        {"log.message.timestamp.type", Type::kString, "CreateTime", {.words = {"CreateTime", "LogAppendTime"}},
         "Default of `message.timestamp.type`."},
        {"log.preallocate", Type::kBoolean, "false", {}, "Default of `preallocate`."},
        {"log.retention.bytes", Type::kLong, "-1", {.min = -1}, "Default of `retention.bytes`."},
        {"log.retention.hours", Type::kInt, "168", {.min = -1}, "Default of `retention.ms`, in hours."},
        {"log.retention.minutes", Type::kInt, nullptr, {.min = -1}, "Default of `retention.ms`, in minutes; counts before hours."},
        {"log.retention.ms", Type::kLong, nullptr, {.min = -1}, "Default of `retention.ms`; counts before minutes."},
        {"log.roll.hours", Type::kInt, "168", {.min = 1}, "Default of `segment.ms`, in hours."},
        {"log.roll.jitter.hours", Type::kInt, "0", {.min = 0}, "Default of `segment.jitter.ms`, in hours."},
        {"log.roll.jitter.ms", Type::kLong, nullptr, {.min = 0}, "Default of `segment.jitter.ms`; counts before hours."},
        {"log.roll.ms", Type::kLong, nullptr, {.min = 1}, "Default of `segment.ms`; counts before hours."},
        {"log.segment.bytes", Type::kInt, "1073741824", {.min = 1048576}, "Default of `segment.bytes`."},
        {"log.segment.delete.delay.ms", Type::kLong, "60000", {.min = 0}, "Default of `file.delete.delay.ms`."},
        {"max.decompressed.message.bytes", Type::kInt, "2147483639", {.min = 1, .max = 2147483639}, "Default of the topic setting."},
        {"message.max.bytes", Type::kInt, "1048588", {.min = 0}, "Default of `max.message.bytes`."},
        {"min.insync.replicas", Type::kInt, "1", {.min = 1}, "Default of the topic setting."},
        {"producer.id.expiration.ms", Type::kInt, "86400000", {.min = 1},
         "How long the sequence numbers of a silent producer are remembered."},
        {"unclean.leader.election.enable", Type::kBoolean, "false", {}, "Default of the topic setting."},
    };
}

std::vector<Setting> cluster_rows() {
    return {
        {"auto.create.topics.enable", Type::kBoolean, "true", {}, "Whether asking for an unknown topic makes it."},
        {"broker.rack", Type::kString, nullptr, {}, "The rack or zone of this broker, told to clients and used in placement."},
        {"default.replication.factor", Type::kInt, "1", {.min = 1}, "Replicas of a topic made without a number."},
        {"delete.topic.enable", Type::kBoolean, "true", {}, "Whether topics may be deleted."},
        {"node.id", Type::kInt, "1", {.min = 0}, "This broker's number in its cluster."},
        {"num.partitions", Type::kInt, "1", {.min = 1}, "Partitions of a topic made without a number."},
        {"fetch.max.bytes", Type::kInt, "57671680", {.min = 1024}, "The largest answer to a fetch, but for a first batch that is larger."},
        {"max.incremental.fetch.session.cache.slots", Type::kInt, "1000", {.min = 0}, "Fetch sessions kept, over all cores."},
    };
}

std::vector<Setting> group_rows() {
    return {
        {"group.initial.rebalance.delay.ms", Type::kInt, "3000", {.min = 0},
         "How long the first members of a new group wait for others before partitions are assigned."},
        {"group.max.session.timeout.ms", Type::kInt, "1800000", {.min = 1}, "The longest session timeout that a member may ask for."},
        {"group.max.size", Type::kInt, "2147483647", {.min = 1}, "The largest number of members of a group."},
        {"group.min.session.timeout.ms", Type::kInt, "6000", {.min = 1}, "The shortest session timeout that a member may ask for."},
        {"offset.metadata.max.bytes", Type::kInt, "4096", {.min = 0}, "The longest text that may be committed with an offset."},
        {"offsets.retention.check.interval.ms", Type::kLong, "600000", {.min = 1}, "How often committed offsets are checked for age."},
        {"offsets.retention.minutes", Type::kInt, "10080", {.min = 1},
         "How long committed offsets are kept once their group has no members."},
        {"offsets.topic.num.partitions", Type::kInt, "50", {.min = 1}, "Partitions of `__consumer_offsets`, when it is made."},
        {"offsets.topic.replication.factor", Type::kInt, "3", {.min = 1},
         "Replicas of `__consumer_offsets`; no more than there are brokers."},
        {"offsets.topic.segment.bytes", Type::kInt, "104857600", {.min = 1048576}, "`segment.bytes` of `__consumer_offsets`."},
    };
}

std::vector<Setting> own_rows() {
    return {
        {"moldau.admin.listen", Type::kString, "127.0.0.1:9644", {},
         "host:port of the admin HTTP listener (/metrics, /livez, /readyz); empty turns it off."},
        {"moldau.cores", Type::kInt, "0", {.min = 0, .max = 1024},
         "Event loops, a thread each; 0 means the processor time that the control group grants, rounded up."},
        {"moldau.durability", Type::kString, "synced", {.words = {"synced", "replicated"}},
         "Default of the topic setting of the same name."},
        {"moldau.hot.tail.bytes", Type::kInt, "4194304", {.min = 0}, "Bytes of a partition's newest batches that are kept in memory."},
        {"moldau.io.threads", Type::kInt, "4", {.min = 1, .max = 256}, "Threads for writes and syncs, and as many for cold reads."},
        {"moldau.log.format", Type::kString, "text", {.words = {"text", "json"}}, "How log lines look."},
        {"moldau.log.level", Type::kString, "info", {.words = {"debug", "info", "warning", "error"}}, "The least level that is logged."},
        {"moldau.memory.bytes", Type::kLong, "0", {.min = 0},
         "Memory for requests under way and their answers, over all cores; 0 means a quarter of what the control group or the machine "
         "has. Requests that would pass it wait unread."},
        {"moldau.producers.max", Type::kInt, "100000", {.min = 1},
         "Idempotent producers remembered per partition; at the bound new ones get a retriable error."},
        {"moldau.wal.bypass.bytes", Type::kInt, "131072", {.min = 4096},
         "Batches of at least this size skip the write-ahead log and sync their segment."},
        {"moldau.wal.file.bytes", Type::kLong, "33554432", {.min = 1048576}, "Size of one write-ahead file; up to four per disk and core."},
    };
}

std::vector<Setting> make_table() {
    std::vector<Setting> table;
    for (auto rows : {connection_rows(), log_rows(), cluster_rows(), group_rows(), own_rows()}) {
        table.insert(table.end(), rows.begin(), rows.end());
    }
    return table;
}

}  // namespace

std::span<const Setting> broker_settings() {
    static const std::vector<Setting> table = make_table();
    return table;
}

}  // namespace moldau::settings
