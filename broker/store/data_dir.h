// A data directory as a whole: whose it is, how the last run ended, its checkpoints.
//
// `meta.properties` (Kafka's version 1: cluster.id, node.id, directory.id), `.lock`, `.kafka_cleanshutdown`, `.moldau-boot`
// (the boot id under which its logs were last known to be intact), and Kafka's checkpoint files (store/checkpoint_file.h).
// Formats: docs/formats/data-directory.md. Place: opened once per process, before any log.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "io/file.h"
#include "io/random.h"
#include "log/log.h"
#include "store/checkpoint_file.h"

namespace moldau::store {

struct MetaProperties {
    std::string cluster_id;  // 22 characters, a uuid
    BrokerId node_id{1};
    Uuid directory_id;
};

struct PartitionFolder {
    TopicPartition name;
    TopicId topic_id;  // from partition.metadata; zero when that file is missing
    std::string dir;
};

// Splits "orders-3" into topic and partition; nullopt for a name that is none (checkpoint files, "-delete", "-stray").
std::optional<TopicPartition> parse_partition_folder(std::string_view name);

// meta.properties as text. Errors: kCorrupt, kNewerFormat.
Result<MetaProperties> parse_meta_properties(std::string_view text, const MetaProperties& defaults);
std::string format_meta_properties(const MetaProperties& meta);

// Lifetime: held while the process uses the directory; its death frees the lock. Thread: the first core's.
class DataDir {
public:
    struct Options {
        std::string path;
        BrokerId node_id{1};
        std::string boot_id;     // /proc/sys/kernel/random/boot_id, read by app; empty means unknown, never "the same"
        std::string cluster_id;  // what the folder must belong to; empty: whatever it says, a new one if it is new
        enum class IfNew : std::uint8_t { kMake, kRefuse } if_new = IfNew::kMake;
    };
    // Makes the folder when absent, locks it, reads or writes meta.properties, finds out how the last run ended, then
    // removes the clean marker. Errors: kLocked (another broker), kUsage (another node's or cluster's directory),
    // kNewerFormat, kCorrupt (meta.properties), kNotFound (without meta.properties, by kRefuse: nothing was touched), kIo.
    static Task<Result<std::unique_ptr<DataDir>>> open(io::FileSystem& files, io::Random& random, Options options);
    ~DataDir();

    // It had no meta.properties before this start.
    bool is_new() const { return is_new_; }
    const std::string& path() const { return path_; }
    const MetaProperties& meta() const { return meta_; }
    log::Shutdown shutdown() const { return shutdown_; }
    std::string wal_dir() const { return path_ + "/.moldau-wal"; }

    // Every log has been opened, recovered and synced: from here on, within this boot, another end is a mere process death.
    // Until then a start after a power loss counts as one again.
    Task<Result<void>> mark_recovered();

    // Partition folders, without "-delete" and "-stray" ones and without the metadata log's; leftovers of "-delete" are
    // removed. A missing or damaged partition.metadata gives a zero topic id. Errors: kIo, kNewerFormat.
    Task<Result<std::vector<PartitionFolder>>> partitions();
    // Renames to "<folder>-stray" (made unique): never deletes.
    Task<Result<void>> move_aside(const PartitionFolder& folder);
    // Everything is synced and complete: leaves the marker for the next start.
    Task<Result<void>> mark_clean();

private:
    DataDir(io::FileSystem& files, Options options);
    Task<Result<void>> load(io::Random& random);
    Task<Result<void>> load_meta(io::Random& random);
    Task<Result<void>> load_shutdown();
    Task<Result<void>> write_boot_id();

    io::FileSystem& files_;
    std::string path_;
    Options options_;
    bool is_new_ = false;
    MetaProperties meta_;
    log::Shutdown shutdown_ = log::Shutdown::kClean;
    std::unique_ptr<io::FileLock> lock_;
};

}  // namespace moldau::store
