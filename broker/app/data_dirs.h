// All data directories of the broker: opened first, marked clean last.

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
#include "wal/write_ahead_log.h"

namespace moldau::app {

// Lifetime: from before the first log opens until after the last has closed. Thread: the first core's.
class DataDirs {
public:
    // Locks every directory, finds out how the last run ended and loads what the write-ahead logs and checkpoints hold.
    // Errors: kLocked, kUsage, kNewerFormat, kIo.
    static Task<Result<std::unique_ptr<DataDirs>>> open(io::FileSystem& files, io::Random& random,
                                                        const settings::Values& values);

    // The first one, which holds the metadata.
    store::DataDir& first() { return *dirs_.front(); }
    std::vector<std::string> paths() const;
    std::vector<std::pair<std::string, Uuid>> ids() const;
    std::vector<handlers::PartitionTable::Recovered> recovered() const;
    // Partition folders that the image does not know go aside, under another name.
    Task<Result<void>> move_strays(metadata::ImageRef image);
    // Every log is open and has taken its part of the write-ahead logs.
    Task<Result<void>> finish_recovery();
    // Every log is closed and complete.
    Task<Result<void>> mark_clean();

private:
    explicit DataDirs(io::FileSystem& files) : files_(files) {}
    Task<Result<void>> add(io::Random& random, store::DataDir::Options options);

    io::FileSystem& files_;
    std::vector<std::unique_ptr<store::DataDir>> dirs_;
    std::vector<std::unique_ptr<wal::WalReplay>> replays_;
    std::vector<handlers::PartitionTable::Recovered> recovered_;
};

}  // namespace moldau::app
