// Snapshots: the image at a committed offset as a file, so that the log before it can go.
//
// The problem: replaying everything since the beginning takes ever longer, and the log must not grow for ever. The idea: a
// file of record batches like the log's, between a header and a footer control batch; its name says where the log goes on:
//
//   snapshot  = header-batch data-batch* footer-batch          offsets within the file from 0 on
//   file name = <20-digit end offset> "-" <10-digit epoch> ".checkpoint"
//
// A file without its footer, with a wrong checksum or with anything after the footer is damaged as a whole.
// Place: pure; metadata/snapshot_files.h has the disk. Docs: docs/formats/metadata-log.md.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "bytes/buffer.h"
#include "metadata/image.h"
#include "metadata/records.h"

namespace moldau::metadata {

inline constexpr std::string_view kSnapshotSuffix = ".checkpoint";

// Everything below `end` is in it; the last of it is of `epoch`.
struct SnapshotId {
    Offset end;
    LeaderEpoch epoch{0};
    auto operator<=>(const SnapshotId&) const = default;
    std::string file_name() const;
    // Nullopt for names of other files.
    static std::optional<SnapshotId> parse(std::string_view file_name);
};

// Yields a snapshot piece by piece, so that a large one does not hold up its core. Keeps the image alive.
class SnapshotEncoder {
public:
    SnapshotEncoder(ImageRef image, WallTime time);
    // The next batch, of some 1,000 records or one whole topic; nullopt after the footer. Errors: as data_batch().
    Result<std::optional<bytes::View>> next();

private:
    Result<bytes::View> batch_of(std::vector<AnyRecord> records);

    enum class Stage { kHeader, kCluster, kTopics, kFooter, kDone };
    ImageRef image_;
    WallTime time_;
    std::vector<const Topic*> topics_;
    std::size_t topic_ = 0;
    Stage stage_ = Stage::kHeader;
    Offset offset_{0};
};

// Errors: kCorrupt, kNewerFormat.
Result<ImageRef> decode_snapshot(const bytes::View& file, SnapshotId id);

}  // namespace moldau::metadata
