// Kafka's checkpoint files: one offset per partition, replaced whole.
//
//   file := "0\n" count "\n" (topic " " partition " " offset "\n"){count}      decimal numbers, entries sorted
//
// The problem: several cores write offsets of their own partitions, and the number of cores may change between runs. The
// idea: while running each core replaces "<name>.<core>"; a start merges them into "<name>", which is also what Kafka's
// tools read. Place: beside `DataDir`; recovery points, high watermarks and log starts all live in such files.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "io/file.h"

namespace moldau::store {

using OffsetCheckpoint = std::map<TopicPartition, Offset>;

inline constexpr const char* kRecoveryPointFile = "recovery-point-offset-checkpoint";
inline constexpr const char* kHighWatermarkFile = "replication-offset-checkpoint";
inline constexpr const char* kLogStartFile = "log-start-offset-checkpoint";
inline constexpr const char* kCleanedFile = "cleaner-offset-checkpoint";

// Nullopt when `text` is not such a file, to its last byte.
std::optional<OffsetCheckpoint> parse_checkpoint(std::string_view text);
std::string format_checkpoint(const OffsetCheckpoint& offsets);

// Absent means empty. A damaged file is renamed to "<path>.damaged-<n>", logged and counts as empty; one of a newer version
// is left alone. Errors: kIo, kNewerFormat.
Task<Result<OffsetCheckpoint>> read_checkpoint(io::FileSystem& files, std::string path);
// Resolves when it is on the disk.
Task<Result<void>> write_checkpoint(io::FileSystem& files, std::string path, OffsetCheckpoint offsets);

// Which of two offsets that cores left for one partition is safe: the smaller recovery point costs time only, the larger
// high watermark or log start forgets nothing.
enum class CheckpointMerge : std::uint8_t { kSmallest, kLargest };

// "<dir>/<name>" with what cores left in "<dir>/<name>.<core>" put over it; writes the result back to "<name>" and removes
// theirs. For the start, before any core writes, and for a clean stop.
Task<Result<OffsetCheckpoint>> merge_checkpoints(io::FileSystem& files, std::string dir, std::string name,
                                                 CheckpointMerge merge);

}  // namespace moldau::store
