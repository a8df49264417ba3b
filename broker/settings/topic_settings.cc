// The table of topic settings: Kafka 4.4's, and Moldau's durability.

#include "settings/setting.h"

namespace moldau::settings {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kHourMs = 3'600'000;

std::vector<Setting> make_table() {
    return {
        {"cleanup.policy", Type::kList, "delete", {.words = {"compact", "delete"}},
         "What happens to old records: `delete` drops whole segments by age and size, `compact` keeps the last record of each key. "
         "Stored now; cleaning itself is not part of this version.",
         {{"log.cleanup.policy"}}},
        {"compression.gzip.level", Type::kInt, "-1", {.min = -1, .max = 9},
         "Level for recompression to gzip; -1 is the library's own default.", {{"compression.gzip.level"}}},
        {"compression.lz4.level", Type::kInt, "9", {.min = 1, .max = 17}, "Level for recompression to lz4.",
         {{"compression.lz4.level"}}},
        {"compression.type", Type::kString, "producer",
         {.words = {"uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"}},
         "The codec that batches are stored with; `producer` keeps what the producer chose.", {{"compression.type"}}},
        {"compression.zstd.level", Type::kInt, "3", {.min = -131072, .max = 22}, "Level for recompression to zstd.",
         {{"compression.zstd.level"}}},
        {"delete.retention.ms", Type::kLong, "86400000", {.min = 0},
         "How long compaction keeps tombstones. Stored now; compaction is not part of this version.",
         {{"log.cleaner.delete.retention.ms"}}},
        {"file.delete.delay.ms", Type::kLong, "60000", {.min = 0},
         "How long the files of a deleted partition stay on the disk under another name.",
         {{"log.segment.delete.delay.ms"}}},
        {"flush.messages", Type::kLong, "9223372036854775807", {.min = 1},
         "A sync after so many records. 1 means the same as `moldau.durability=synced`; a larger value set here makes the topic "
         "`replicated` with that bound.",
         {{"log.flush.interval.messages"}}},
        {"flush.ms", Type::kLong, "9223372036854775807", {.min = 0},
         "A sync after so many milliseconds; set here it makes the topic `replicated` with that bound.",
         {{"log.flush.interval.ms"}}},
        {"follower.replication.throttled.replicas", Type::kList, "", {}, "Stored for tools; there are no followers yet."},
        {"index.interval.bytes", Type::kInt, "4096", {.min = 0}, "Bytes of records between two entries of the offset index.",
         {{"log.index.interval.bytes"}}},
        {"leader.replication.throttled.replicas", Type::kList, "", {}, "Stored for tools; there are no followers yet."},
        {"max.compaction.lag.ms", Type::kLong, "9223372036854775807", {.min = 1},
         "After so long a record is compacted at the latest. Stored now; compaction is not part of this version.",
         {{"log.cleaner.max.compaction.lag.ms"}}},
        {"max.decompressed.message.bytes", Type::kInt, "2147483639", {.min = 1, .max = 2147483639},
         "The largest size of a batch after decompression.", {{"max.decompressed.message.bytes"}}},
        {"max.message.bytes", Type::kInt, "1048588", {.min = 0}, "The largest batch that a producer may send, as it is sent.",
         {{"message.max.bytes"}}},
        {"message.timestamp.after.max.ms", Type::kLong, "3600000", {.min = 0},
         "How far a record's timestamp may lie in the future (CreateTime only).", {{"log.message.timestamp.after.max.ms"}}},
        {"message.timestamp.before.max.ms", Type::kLong, "9223372036854775807", {.min = 0},
         "How far a record's timestamp may lie in the past (CreateTime only).", {{"log.message.timestamp.before.max.ms"}}},
        {"message.timestamp.type", Type::kString, "CreateTime", {.words = {"CreateTime", "LogAppendTime"}},
         "Whether records keep the producer's timestamp or get the broker's.", {{"log.message.timestamp.type"}}},
        {"min.cleanable.dirty.ratio", Type::kDouble, "0.5", {.min = 0, .max = 1},
         "The share of uncompacted bytes that starts compaction. Stored now; compaction is not part of this version.",
         {{"log.cleaner.min.cleanable.ratio"}}},
        {"min.compaction.lag.ms", Type::kLong, "0", {.min = 0},
         "For so long a record is not compacted. Stored now; compaction is not part of this version.",
         {{"log.cleaner.min.compaction.lag.ms"}}},
        {"min.insync.replicas", Type::kInt, "1", {.min = 1},
         "With acks=all a write fails when fewer replicas than this are in sync.", {{"min.insync.replicas"}}},
        {"moldau.durability", Type::kString, "synced", {.words = {"synced", "replicated"}},
         "When a record counts as written: `synced`, when a group commit has it on the disk; `replicated`, when every in-sync "
         "replica has handed it to its operating system, as Kafka does. An explicit `flush.messages` or `flush.ms` at the same or a "
         "more specific level overrides.",
         {{"moldau.durability"}}},
        {"preallocate", Type::kBoolean, "false", {}, "Reserve a segment's whole size when it is made.", {{"log.preallocate"}}},
        {"retention.bytes", Type::kLong, "-1", {.min = -1},
         "The size at which a partition's oldest segments are deleted; -1 means never. Stored now; retention is not part of this "
         "version.",
         {{"log.retention.bytes"}}},
        {"retention.ms", Type::kLong, "604800000", {.min = -1},
         "The age at which segments are deleted; -1 means never. Stored now; retention is not part of this version.",
         {{"log.retention.ms"}, {"log.retention.minutes", kMinuteMs}, {"log.retention.hours", kHourMs}}},
        {"segment.bytes", Type::kInt, "1073741824", {.min = 1048576}, "The size at which a new segment begins.",
         {{"log.segment.bytes"}}},
        {"segment.index.bytes", Type::kInt, "10485760", {.min = 4}, "The largest size of a segment's offset index.",
         {{"log.index.size.max.bytes"}}},
        {"segment.jitter.ms", Type::kLong, "0", {.min = 0}, "The largest random amount by which `segment.ms` is shortened.",
         {{"log.roll.jitter.ms"}, {"log.roll.jitter.hours", kHourMs}}},
        {"segment.ms", Type::kLong, "604800000", {.min = 1}, "The age at which a new segment begins.",
         {{"log.roll.ms"}, {"log.roll.hours", kHourMs}}},
        {"unclean.leader.election.enable", Type::kBoolean, "false", {},
         "Whether a replica that is not in sync may lead when no other is left, losing records.",
         {{"unclean.leader.election.enable"}}},
    };
}

}  // namespace

std::span<const Setting> topic_settings() {
    static const std::vector<Setting> table = make_table();
    return table;
}

}  // namespace moldau::settings
