// Opening and closing the data directories.

#include "app/data_dirs.h"

#include <set>
#include <utility>

#include "base/logger.h"
#include "store/checkpoint_file.h"
#include "store/disk_watch.h"

namespace moldau::app {
namespace {

constexpr const char* kAfterLoss = "moldau.start.after.loss=true";
constexpr const char* kMetadataFolder = "__cluster_metadata-0";
using IfNew = store::DataDir::Options::IfNew;

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

// Somebody must decide: going on without the directory would be wrong, or would not help.
bool concerns_all(Errc code) { return code == Errc::kLocked || code == Errc::kUsage || code == Errc::kNewerFormat; }

// Directories that hold replicas of `node` and are not among `present`.
std::set<Uuid> missing_dirs(const metadata::Image& image, BrokerId node, const std::set<Uuid>& present) {
    std::set<Uuid> missing;
    for (const auto* topic : image.topics()) {
        for (const auto& partition : topic->partitions) {
            const auto dir = partition.directory_on(node);
            if (dir && !dir->is_zero() && !present.contains(*dir)) missing.insert(*dir);
        }
    }
    return missing;
}

}  // namespace

DataDirs::DataDirs(io::FileSystem& files, const settings::Values& values, std::string boot_id)
    : files_(files),
      node_(static_cast<std::int32_t>(values.integer("node.id"))),
      boot_id_(std::move(boot_id)),
      loss_accepted_(values.boolean("moldau.start.after.loss")) {
    for (const auto& path : values.log_dirs()) slots_.push_back({.path = path});
}

Task<Result<std::unique_ptr<DataDirs>>> DataDirs::open(io::FileSystem& files, io::Random& random,
                                                       const settings::Values& values, std::string boot_id) {
    std::unique_ptr<DataDirs> dirs{new DataDirs(files, values, std::move(boot_id))};
    for (auto& slot : dirs->slots_) {
        const bool must_make = dirs->slots_.front().dir == nullptr || dirs->first().is_new();
        auto opened = co_await dirs->open_slot(slot, random, must_make ? IfNew::kMake : IfNew::kRefuse);
        if (opened) continue;
        const bool is_new = !must_make && opened.error().code == Errc::kNotFound;
        if (!is_new) MOLDAU_CO_TRY(dirs->take_offline(slot, std::move(opened).error()));
    }
    MOLDAU_CO_TRY(co_await dirs->check_metadata());
    co_return dirs;
}

Task<Result<void>> DataDirs::open_new(io::Random& random, metadata::ImageRef image) {
    std::set<Uuid> present;
    for (const auto& slot : slots_) {
        if (slot.health) present.insert(slot.health->id());
    }
    const auto missing = missing_dirs(*image, node_, present);
    for (auto& slot : slots_) {
        if (slot.health) continue;
        if (!missing.empty() && !loss_accepted_) {
            MOLDAU_CO_TRY(take_offline(
                slot, {Errc::kNotFound, slot.path + " is empty, and the directory " + missing.begin()->to_string() +
                                            " that holds partitions is missing: mount its disk, or, "
                                            "if it is lost, start with " +
                                            kAfterLoss}));
            continue;
        }
        auto opened = co_await open_slot(slot, random, IfNew::kMake);
        if (!opened) MOLDAU_CO_TRY(take_offline(slot, std::move(opened).error()));
    }
    co_return Result<void>{};
}

store::DataDir::Options DataDirs::options_of(const Slot& slot) const {
    store::DataDir::Options options{.path = slot.path, .node_id = node_, .boot_id = boot_id_};
    // All directories belong to the cluster of the first.
    if (slots_.front().dir) options.cluster_id = slots_.front().dir->meta().cluster_id;
    return options;
}

Task<Result<void>> DataDirs::open_slot(Slot& slot, io::Random& random, IfNew if_new) {
    auto options = options_of(slot);
    options.if_new = if_new;
    MOLDAU_CO_TRY_ASSIGN(dir, co_await store::DataDir::open(files_, random, std::move(options)));
    slot.dir = std::move(dir);
    slot.health = std::make_shared<store::DirHealth>(slot.path, slot.dir->meta().directory_id);
    co_return co_await load(slot);
}

Task<Result<void>> DataDirs::load(Slot& slot) {
    auto& dir = *slot.dir;
    MOLDAU_CO_TRY(co_await store::give_up_reserve_in_need(files_, dir.path()));
    // After a clean stop segments are complete: stale entries must never meet a later crash.
    if (dir.shutdown() == log::Shutdown::kClean) MOLDAU_CO_TRY(co_await wal::WalReplay::discard(files_, dir.wal_dir()));
    MOLDAU_CO_TRY_ASSIGN(replay, co_await wal::WalReplay::load(files_, dir.wal_dir()));
    for (const auto& damage : replay.damage()) {
        LOG_ERROR("app", "the write-ahead log is damaged dir={} damage=\"{}\"", dir.path(), damage);
    }
    const auto merge = [&](const char* name, store::CheckpointMerge rule) {
        return store::merge_checkpoints(files_, dir.path(), name, rule);
    };
    MOLDAU_CO_TRY_ASSIGN(recovery_points, co_await merge(store::kRecoveryPointFile, store::CheckpointMerge::kSmallest));
    MOLDAU_CO_TRY_ASSIGN(high_watermarks, co_await merge(store::kHighWatermarkFile, store::CheckpointMerge::kLargest));
    MOLDAU_CO_TRY_ASSIGN(log_starts, co_await merge(store::kLogStartFile, store::CheckpointMerge::kLargest));
    MOLDAU_CO_TRY_ASSIGN(cleaned, co_await merge(store::kCleanedFile, store::CheckpointMerge::kSmallest));
    LOG_INFO("app", "data directory dir={} last_end=\"{}\"", dir.path(), name_of(dir.shutdown()));
    slot.is_recovered = dir.shutdown() == log::Shutdown::kClean;
    slot.replay = std::make_unique<wal::WalReplay>(std::move(replay));
    slot.recovered = {.replay = slot.replay.get(),
                      .shutdown = dir.shutdown(),
                      .high_watermarks = std::move(high_watermarks),
                      .recovery_points = std::move(recovery_points),
                      .log_starts = std::move(log_starts),
                      .cleaned = std::move(cleaned)};
    co_return Result<void>{};
}

// The lock is kept, if it was got: nobody else should use the directory either.
Result<void> DataDirs::take_offline(Slot& slot, Error error) {
    if (concerns_all(error.code) || &slot == &slots_.front()) return fail(std::move(error));
    if (!slot.health) slot.health = std::make_shared<store::DirHealth>(slot.path, Uuid{});
    slot.health->fail(std::move(error));
    return {};
}

// Without the metadata every partition would be unknown, and moved aside.
Task<Result<void>> DataDirs::check_metadata() {
    auto metadata = co_await io::list(files_, first().path() + '/' + kMetadataFolder);
    if (!metadata && metadata.error().code != Errc::kNotFound) co_return fail(std::move(metadata).error());
    if (loss_accepted_ || (metadata && !metadata->empty())) co_return Result<void>{};
    for (auto& slot : slots_) {
        if (!slot.is_usable()) continue;
        auto folders = co_await slot.dir->partitions();
        if (!folders) MOLDAU_CO_TRY(take_offline(slot, std::move(folders).error()));
        if (!folders || folders->empty()) continue;
        co_return fail(Errc::kUsage,
                       first().path() + '/' + kMetadataFolder + " is gone, but " + slot.path + " holds partitions (" +
                           folders->front().name.to_string() +
                           "): restore that folder, or, if it is lost, move all partitions aside by starting with " +
                           kAfterLoss);
    }
    co_return Result<void>{};
}

std::vector<std::pair<std::string, Uuid>> DataDirs::ids() const {
    std::vector<std::pair<std::string, Uuid>> ids;
    for (const auto& slot : slots_) ids.emplace_back(slot.path, slot.health ? slot.health->id() : Uuid{});
    return ids;
}

store::DirHealths DataDirs::health() const {
    store::DirHealths health;
    for (const auto& slot : slots_) health.push_back(slot.health);
    return health;
}

std::vector<handlers::PartitionTable::Recovered> DataDirs::recovered() const {
    std::vector<handlers::PartitionTable::Recovered> recovered;
    for (const auto& slot : slots_) recovered.push_back(slot.recovered);
    return recovered;
}

Task<Result<void>> DataDirs::move_strays(metadata::ImageRef image) {
    for (auto& slot : slots_) {
        if (!slot.is_usable()) continue;
        auto moved = co_await move_strays_of(slot, image);
        if (!moved) MOLDAU_CO_TRY(take_offline(slot, std::move(moved).error()));
    }
    co_return Result<void>{};
}

Task<Result<void>> DataDirs::move_strays_of(Slot& slot, metadata::ImageRef image) {
    MOLDAU_CO_TRY_ASSIGN(folders, co_await slot.dir->partitions());
    for (const auto& folder : folders) {
        const auto* topic = image->find_topic(folder.topic_id);
        const bool known =
            topic != nullptr && topic->name == folder.name.topic && topic->find(folder.name.partition) != nullptr;
        if (known) continue;
        LOG_WARNING("app", "a partition that the metadata does not know is moved aside partition={} dir={}",
                    folder.name.to_string(), folder.dir);
        MOLDAU_CO_TRY(co_await slot.dir->move_aside(folder));
    }
    co_return Result<void>{};
}

Task<Result<void>> DataDirs::finish_recovery() {
    for (auto& slot : slots_) {
        if (!slot.is_usable() || slot.health->is_unclean()) continue;
        auto finished = co_await finish_recovery_of(slot);
        if (!finished) MOLDAU_CO_TRY(take_offline(slot, std::move(finished).error()));
    }
    co_return Result<void>{};
}

Task<Result<void>> DataDirs::finish_recovery_of(Slot& slot) {
    MOLDAU_CO_TRY(co_await slot.replay->discard_loaded(files_));
    MOLDAU_CO_TRY(co_await slot.dir->mark_recovered());
    slot.is_recovered = true;
    co_return Result<void>{};
}

Task<Result<void>> DataDirs::mark_clean() {
    Result<void> result;
    for (auto& slot : slots_) {
        if (!slot.health) continue;
        Result<void> marked;
        if (!slot.is_usable() || slot.health->is_unclean() || !slot.is_recovered) {
            marked = fail(Errc::kIo, slot.path + " was not closed in order");
        } else {
            marked = co_await mark_clean_of(slot);
        }
        if (result) result = std::move(marked);
    }
    co_return result;
}

Task<Result<void>> DataDirs::mark_clean_of(Slot& slot) {
    auto& dir = *slot.dir;
    for (const auto& [name, rule] : {std::pair{store::kRecoveryPointFile, store::CheckpointMerge::kSmallest},
                                     std::pair{store::kHighWatermarkFile, store::CheckpointMerge::kLargest},
                                     std::pair{store::kLogStartFile, store::CheckpointMerge::kLargest},
                                     std::pair{store::kCleanedFile, store::CheckpointMerge::kSmallest}}) {
        MOLDAU_CO_TRY(co_await store::merge_checkpoints(files_, dir.path(), name, rule));
    }
    MOLDAU_CO_TRY(co_await wal::WalReplay::discard(files_, dir.wal_dir()));
    co_return co_await dir.mark_clean();
}

}  // namespace moldau::app
