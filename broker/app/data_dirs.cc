// Opening and closing the data directories.

#include "app/data_dirs.h"

#include <utility>

#include "app/machine.h"
#include "base/logger.h"
#include "store/checkpoint_file.h"

namespace moldau::app {
namespace {

const char* name_of(log::Shutdown shutdown) {
    switch (shutdown) {
        case log::Shutdown::kClean:
            return "clean";
        case log::Shutdown::kProcessDied:
            return "process died";
        case log::Shutdown::kPowerLost:
            return "power lost";
    }
    return "unknown";
}

}  // namespace

Task<Result<std::unique_ptr<DataDirs>>> DataDirs::open(io::FileSystem& files, io::Random& random,
                                                       const settings::Values& values) {
    std::unique_ptr<DataDirs> dirs{new DataDirs(files)};
    const BrokerId node{static_cast<std::int32_t>(values.integer("node.id"))};
    for (const auto& path : values.log_dirs()) {
        // All directories belong to the cluster of the first.
        const auto cluster = dirs->dirs_.empty() ? std::string{} : dirs->first().meta().cluster_id;
        MOLDAU_CO_TRY(co_await dirs->add(random, {path, node, boot_id(), cluster}));
    }
    co_return dirs;
}

Task<Result<void>> DataDirs::add(io::Random& random, store::DataDir::Options options) {
    MOLDAU_CO_TRY_ASSIGN(dir, co_await store::DataDir::open(files_, random, std::move(options)));
    // After a clean stop segments are complete: stale entries must never meet a later crash.
    if (dir->shutdown() == log::Shutdown::kClean) MOLDAU_CO_TRY(co_await wal::WalReplay::discard(files_, dir->wal_dir()));
    MOLDAU_CO_TRY_ASSIGN(replay, co_await wal::WalReplay::load(files_, dir->wal_dir()));
    for (const auto& damage : replay.damage()) {
        LOG_ERROR("app", "the write-ahead log is damaged dir={} damage=\"{}\"", dir->path(), damage);
    }
    handlers::PartitionTable::Recovered recovered;
    recovered.shutdown = dir->shutdown();
    const auto merge = [&](const char* name, store::CheckpointMerge rule) {
        return store::merge_checkpoints(files_, dir->path(), name, rule);
    };
    MOLDAU_CO_TRY_ASSIGN(recovery_points, co_await merge(store::kRecoveryPointFile, store::CheckpointMerge::kSmallest));
    MOLDAU_CO_TRY_ASSIGN(high_watermarks, co_await merge(store::kHighWatermarkFile, store::CheckpointMerge::kLargest));
    MOLDAU_CO_TRY_ASSIGN(log_starts, co_await merge(store::kLogStartFile, store::CheckpointMerge::kLargest));
    recovered.recovery_points = std::move(recovery_points);
    recovered.high_watermarks = std::move(high_watermarks);
    recovered.log_starts = std::move(log_starts);
    LOG_INFO("app", "data directory dir={} last_end=\"{}\"", dir->path(), name_of(dir->shutdown()));
    replays_.push_back(std::make_unique<wal::WalReplay>(std::move(replay)));
    recovered.replay = replays_.back().get();
    recovered_.push_back(std::move(recovered));
    dirs_.push_back(std::move(dir));
    co_return Result<void>{};
}

std::vector<std::string> DataDirs::paths() const {
    std::vector<std::string> paths;
    for (const auto& dir : dirs_) paths.push_back(dir->path());
    return paths;
}

std::vector<std::pair<std::string, Uuid>> DataDirs::ids() const {
    std::vector<std::pair<std::string, Uuid>> ids;
    for (const auto& dir : dirs_) ids.emplace_back(dir->path(), dir->meta().directory_id);
    return ids;
}

std::vector<handlers::PartitionTable::Recovered> DataDirs::recovered() const { return recovered_; }

Task<Result<void>> DataDirs::move_strays(metadata::ImageRef image) {
    for (auto& dir : dirs_) {
        MOLDAU_CO_TRY_ASSIGN(folders, co_await dir->partitions());
        for (const auto& folder : folders) {
            const auto* topic = image->find_topic(folder.topic_id);
            const bool known =
                topic != nullptr && topic->name == folder.name.topic && topic->find(folder.name.partition) != nullptr;
            if (known) continue;
            LOG_WARNING("app", "a partition that the metadata does not know is moved aside partition={} dir={}",
                        folder.name.to_string(), folder.dir);
            MOLDAU_CO_TRY(co_await dir->move_aside(folder));
        }
    }
    co_return Result<void>{};
}

Task<Result<void>> DataDirs::finish_recovery() {
    for (std::size_t index = 0; index < dirs_.size(); ++index) {
        MOLDAU_CO_TRY(co_await replays_[index]->discard_loaded(files_));
        MOLDAU_CO_TRY(co_await dirs_[index]->mark_recovered());
    }
    co_return Result<void>{};
}

Task<Result<void>> DataDirs::mark_clean() {
    for (auto& dir : dirs_) {
        for (const auto& [name, rule] : {std::pair{store::kRecoveryPointFile, store::CheckpointMerge::kSmallest},
                                         std::pair{store::kHighWatermarkFile, store::CheckpointMerge::kLargest},
                                         std::pair{store::kLogStartFile, store::CheckpointMerge::kLargest}}) {
            MOLDAU_CO_TRY(co_await store::merge_checkpoints(files_, dir->path(), name, rule));
        }
        MOLDAU_CO_TRY(co_await wal::WalReplay::discard(files_, dir->wal_dir()));
        MOLDAU_CO_TRY(co_await dir->mark_clean());
    }
    co_return Result<void>{};
}

}  // namespace moldau::app
