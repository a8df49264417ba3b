// The partitions that live on one core, kept as the metadata image says.
//
// The problem: topics come, grow, change and go while requests run. The idea: after each commit the image's difference is
// applied: new partitions get a log, removed ones are stopped and their files go, changed settings are handed on. A
// partition whose log cannot be opened stays in the table with its error, so that clients get a storage error and all others
// are served. Place: one per core, part of `Shard`.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "base/task_group.h"
#include "handlers/topic_settings.h"
#include "io/executor.h"
#include "metadata/image.h"
#include "replica/partition.h"
#include "store/checkpoint_file.h"
#include "store/log_store.h"

namespace moldau::handlers {

struct PartitionKey {
    TopicId topic;
    PartitionIndex index;
    bool operator==(const PartitionKey&) const = default;
};
struct PartitionKeyHash {
    std::size_t operator()(const PartitionKey& key) const noexcept {
        return std::hash<TopicId>{}(key.topic) ^ (static_cast<std::size_t>(key.index.value) * 0x9e3779b97f4a7c15ULL);
    }
};

// A partition on this core with its topic's settings. `partition` is null when `failure` says why.
struct LocalPartition {
    TopicPartition name;
    std::shared_ptr<const TopicSettings> settings;
    std::unique_ptr<replica::Partition> partition;
    std::optional<Error> failure;
    std::size_t dir = 0;  // its directory's index in the store
    LeaderEpoch epoch{};
};

// Lifetime: the shard's; stop() before destroying. Thread: its core.
class PartitionTable {
public:
    struct Environment {
        io::Executor& executor;
        store::LogStore& store;
        std::shared_ptr<const settings::Values> values;
        std::size_t core = 0;
        std::size_t cores = 1;
        BrokerId node{1};
        std::map<Uuid, std::size_t> dirs;  // directory id → index in the store
        store::DirHealths health = {};     // of each; empty: not watched
    };
    // What the disk knew before this start, per directory index.
    struct Recovered {
        const wal::WalReplay* replay = nullptr;
        log::Shutdown shutdown = log::Shutdown::kClean;
        store::OffsetCheckpoint high_watermarks;
        store::OffsetCheckpoint recovery_points;
        store::OffsetCheckpoint log_starts;
        store::OffsetCheckpoint cleaned;
    };

    PartitionTable(Environment environment, std::vector<Recovered> recovered);
    ~PartitionTable();

    // Follows the change from one image to the next; resolves when every new log is open. A failure of one is in its row.
    Task<void> apply(metadata::ImageRef from, metadata::ImageRef to);

    // Other broker settings: the topics of `image` that have no value of their own follow.
    void use(std::shared_ptr<const settings::Values> values, const metadata::Image& image);

    // Hold on to the row while you use it: it may leave the table meanwhile. Errors: kUnknownTopicOrPartition (not in the
    // table), or why its log is not open or its directory offline.
    Result<std::shared_ptr<LocalPartition>> find(const PartitionKey& key);
    // May producers write to it, as far as its disk goes? Errors: kKafkaStorageError.
    Result<void> admit(const LocalPartition& local) const;
    bool is_online(const LocalPartition& local) const {
        return local.partition && (local.dir >= environment_.health.size() || environment_.health[local.dir]->online());
    }
    bool owns(const PartitionKey& key) const {
        return store::core_of(key.topic, key.index, environment_.cores) == environment_.core;
    }

    // Where the logs in that directory start now, they will start after a crash, too.
    Task<Result<void>> save_log_starts(std::size_t dir) { return environment_.store.save_log_starts(dir); }

    void tick(Now now);
    // Answers all waits and resolves when nothing runs on a partition; the logs stay open for the store to close.
    Task<void> stop();

    std::size_t size() const { return partitions_.size(); }
    template <class Visit>
    void for_each(Visit visit) const {
        for (const auto& [key, local] : partitions_) visit(key, *local);
    }
    // `callback(key, name, partition)` after a partition came (open) and before it goes (null): coordinators follow it.
    using Callback = std::function<void(const PartitionKey&, const TopicPartition&, replica::Partition*)>;
    void on_change(Callback callback) { on_change_ = std::move(callback); }

private:
    struct Opening {
        PartitionKey key;
        TopicPartition name;
        std::size_t dir = 0;
        LeaderEpoch epoch;
        std::shared_ptr<const TopicSettings> settings;
        std::optional<Error> refusal = {};  // its directory is not there
    };
    void collect_opening(const metadata::Topic& topic, std::vector<Opening>& opening);
    Task<void> open_all(std::vector<Opening> opening);
    Task<void> open_some(std::shared_ptr<std::vector<Opening>> opening, std::shared_ptr<std::size_t> next);
    Task<void> open(Opening opening);
    Task<std::shared_ptr<LocalPartition>> open_row(Opening opening);
    void reopen_soon(Now now);
    Task<void> reopen(std::vector<Opening> opening);
    store::LogStore::Recovery recovery_of(const Opening& opening) const;
    Task<void> remove(PartitionKey key);
    void reconfigure(const metadata::Topic& topic);

    Environment environment_;
    std::vector<Recovered> recovered_;
    std::unordered_map<PartitionKey, std::shared_ptr<LocalPartition>, PartitionKeyHash> partitions_;
    std::unordered_map<TopicId, std::vector<PartitionIndex>> by_topic_;
    Callback on_change_;
    MonoTime reopen_due_{};
    bool reopening_ = false;
    TaskGroup tasks_;
};

}  // namespace moldau::handlers
