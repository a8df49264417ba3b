// A data directory that a Kafka broker left, as `moldau import` finds it: whose it is, how Kafka ended, what lies in it.
//
// The idea: nothing in it is changed, everything that speaks against taking it over is a finding with file and remedy.
// Formats: docs/formats/data-directory.md. Place: the first step of an import; partitions are looked into later
// (cli/offline/partition_scan.h).

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "cli/offline/findings.h"
#include "io/posix_calls.h"
#include "store/checkpoint_file.h"
#include "store/data_dir.h"

namespace moldau::cli {

struct KafkaPartition {
    TopicPartition name;
    TopicId topic_id;
    std::string path;
    std::vector<io::DirEntry> files;
};

struct KafkaDirectory {
    std::string path;
    store::MetaProperties meta;
    std::vector<KafkaPartition> partitions;   // by name
    std::optional<std::string> metadata_log;  // the folder of Kafka's own metadata
    store::OffsetCheckpoint recovery_points;
    store::OffsetCheckpoint high_watermarks;
    store::OffsetCheckpoint log_starts;
    store::OffsetCheckpoint cleaned;  // up to where the cleaner has come
    io::posix::Descriptor lock;       // against a Kafka that starts meanwhile, where there is a lock file
};

// What to do with a directory whose Kafka did not stop cleanly.
enum class Unclean : std::uint8_t { kRefuse, kRecover };

inline constexpr const char* kKafkaCleanFile = "/.kafka_cleanshutdown";

// Whatever could be read; when there are refusals it may lack things.
KafkaDirectory read_kafka_directory(const std::string& path, Unclean unclean, Findings& findings);

}  // namespace moldau::cli
