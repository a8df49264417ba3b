// All data directories of the broker: opened first, marked clean last.
//
// One that cannot be used is offline, with its partitions, and the others serve; but not the first, which holds the
// metadata, and none that is somebody else's. One that is new although partitions of another are missing is most likely a
// disk that was not mounted: it stays untouched unless the operator says that the old one is lost
// (`moldau.start.after.loss`).

#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "handlers/partition_table.h"
#include "io/file.h"
#include "io/random.h"
#include "metadata/image.h"
#include "settings/values.h"
#include "store/data_dir.h"
#include "store/dir_health.h"
#include "wal/write_ahead_log.h"

namespace moldau::app {

// Lifetime: from before the first log opens until after the last has closed. Thread: the first core's.
class DataDirs {
public:
    // Locks every directory, finds out how the last run ended and loads what the write-ahead logs and checkpoints hold.
    // `boot_id` is the machine's (app/machine.h). Errors: kLocked, kUsage (another node's or cluster's; the metadata is gone
    // though there are partitions), kNewerFormat; of the first directory any.
    static Task<Result<std::unique_ptr<DataDirs>>> open(io::FileSystem& files, io::Random& random,
                                                        const settings::Values& values, std::string boot_id);
    // Directories that are new, if this is no sign of a missing disk: `image` says which were in use.
    Task<Result<void>> open_new(io::Random& random, metadata::ImageRef image);

    // The first one, which holds the metadata.
    store::DataDir& first() { return *slots_.front().dir; }
    // In the order of the settings, those offline too, whose ids may be zero. What they say is final after open_new().
    std::vector<std::pair<std::string, Uuid>> ids() const;
    store::DirHealths health() const;
    std::vector<handlers::PartitionTable::Recovered> recovered() const;
    // Partition folders that the image does not know go aside, under another name.
    Task<Result<void>> move_strays(metadata::ImageRef image);
    // Every log is open and has taken its part of the write-ahead logs. Directories where one could not be opened keep what
    // their write-ahead logs held, for the next start.
    Task<Result<void>> finish_recovery();
    // Every log is closed: directories where nothing failed are marked. An error means that one was left out; so is each
    // whose recovery a failed start did not finish.
    Task<Result<void>> mark_clean();

private:
    struct Slot {
        std::string path;
        std::shared_ptr<store::DirHealth> health;  // null: new, not opened yet
        std::unique_ptr<store::DataDir> dir;       // null: offline
        std::unique_ptr<wal::WalReplay> replay;
        handlers::PartitionTable::Recovered recovered;
        bool is_recovered = false;  // nothing is needed from the last run any more

        bool is_usable() const { return dir != nullptr && health->failure() == nullptr; }
    };
    DataDirs(io::FileSystem& files, const settings::Values& values, std::string boot_id);
    store::DataDir::Options options_of(const Slot& slot) const;
    Task<Result<void>> open_slot(Slot& slot, io::Random& random, store::DataDir::Options::IfNew if_new);
    Task<Result<void>> load(Slot& slot);
    Result<void> take_offline(Slot& slot, Error error);
    Task<Result<void>> check_metadata();
    Task<Result<void>> move_strays_of(Slot& slot, metadata::ImageRef image);
    Task<Result<void>> finish_recovery_of(Slot& slot);
    Task<Result<void>> mark_clean_of(Slot& slot);

    io::FileSystem& files_;
    const BrokerId node_;
    const std::string boot_id_;
    const bool loss_accepted_;
    std::vector<Slot> slots_;
};

}  // namespace moldau::app
