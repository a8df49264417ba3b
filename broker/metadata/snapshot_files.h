// Snapshots on the disk: write, find the newest whole one, remove old ones.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "io/file.h"
#include "metadata/image.h"
#include "metadata/snapshot.h"

namespace moldau::metadata {

// All snapshots in `dir`, oldest first. Files of unfinished ones are removed. Errors: kIo, kNotFound.
Task<Result<std::vector<SnapshotId>>> list_snapshots(io::FileSystem& files, std::string dir);

struct LoadedSnapshot {
    std::optional<SnapshotId> id;   // nullopt: there is none that can be used
    ImageRef image;                 // empty then
    std::vector<SnapshotId> whole;  // the one loaded and those before it, oldest first
    std::vector<Error> damaged;     // newer ones that could not be used
    Offset end_named{0};            // the highest end that a file's name tells of, damaged or not
};
// The newest whole one; damaged ones are passed over. Errors: kNewerFormat, kIo.
Task<Result<LoadedSnapshot>> load_snapshot(io::FileSystem& files, std::string dir);

// Writes `image` under its name, so that after a crash there is all of it or nothing. Resolves with its size in bytes when
// it is on the disk. Errors: kIo, kDiskFull.
Task<Result<std::uint64_t>> write_snapshot(io::FileSystem& files, std::string dir, ImageRef image, WallTime time);

Task<Result<void>> remove_snapshot(io::FileSystem& files, std::string dir, SnapshotId id);

}  // namespace moldau::metadata
