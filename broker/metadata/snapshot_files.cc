// New file, sync, rename, sync of the folder.

#include "metadata/snapshot_files.h"

#include <algorithm>

namespace moldau::metadata {
namespace {

constexpr std::size_t kSnapshotBytesMax = std::size_t{4} << 30;
constexpr std::uint64_t kWriteBytes = 1 << 20;
constexpr std::string_view kUnfinishedSuffix = ".checkpoint.part";

// Writes all of the encoder's batches, a megabyte at a time.
Task<Result<std::uint64_t>> write_all(io::File& file, SnapshotEncoder encoder) {
    std::uint64_t position = 0;
    bytes::ChunkList pending;
    while (true) {
        MOLDAU_CO_TRY_ASSIGN(batch, encoder.next());
        if (batch) pending.append(*std::move(batch));
        if (batch && pending.size() < kWriteBytes) continue;
        const std::uint64_t size = pending.size();
        MOLDAU_CO_TRY(co_await io::write(file, position, std::exchange(pending, {})));
        position += size;
        if (!batch) co_return position;
    }
}

Task<Result<std::uint64_t>> write_file(io::FileSystem& files, std::string path, SnapshotEncoder encoder) {
    MOLDAU_CO_TRY_ASSIGN(opened, co_await io::open(files, path, io::OpenMode::kCreate));
    if (opened.bytes > 0) MOLDAU_CO_TRY(co_await io::truncate(*opened.file, 0));
    MOLDAU_CO_TRY_ASSIGN(size, co_await write_all(*opened.file, std::move(encoder)));
    MOLDAU_CO_TRY(co_await io::sync(*opened.file));
    co_return size;
}

}  // namespace

Task<Result<std::vector<SnapshotId>>> list_snapshots(io::FileSystem& files, std::string dir) {
    MOLDAU_CO_TRY_ASSIGN(entries, co_await io::list(files, dir));
    std::vector<SnapshotId> ids;
    for (const auto& entry : entries) {
        if (entry.is_dir) continue;
        if (std::string_view{entry.name}.ends_with(kUnfinishedSuffix)) {
            MOLDAU_CO_TRY(co_await io::remove_file(files, dir + "/" + entry.name));
        } else if (const auto id = SnapshotId::parse(entry.name)) {
            ids.push_back(*id);
        }
    }
    std::ranges::sort(ids);
    co_return ids;
}

Task<Result<LoadedSnapshot>> load_snapshot(io::FileSystem& files, std::string dir) {
    MOLDAU_CO_TRY_ASSIGN(ids, co_await list_snapshots(files, dir));
    LoadedSnapshot loaded;
    loaded.image = std::make_shared<const Image>();
    if (!ids.empty()) loaded.end_named = ids.back().end;
    while (!ids.empty()) {
        auto content = co_await io::read_file(files, dir + "/" + ids.back().file_name(), kSnapshotBytesMax);
        if (!content) co_return fail(std::move(content).error());
        auto image = decode_snapshot(*content, ids.back());
        if (image) {
            loaded.id = ids.back();
            loaded.image = *std::move(image);
            loaded.whole = std::move(ids);
            break;
        }
        if (image.error().code == Errc::kNewerFormat) co_return fail(std::move(image).error());
        loaded.damaged.push_back(std::move(image).error());
        ids.pop_back();
    }
    co_return loaded;
}

Task<Result<std::uint64_t>> write_snapshot(io::FileSystem& files, std::string dir, ImageRef image, WallTime time) {
    const SnapshotId id{image->end_offset(), image->epoch()};
    const std::string path = dir + "/" + id.file_name();
    const std::string unfinished = path + ".part";
    auto size = co_await write_file(files, unfinished, SnapshotEncoder{std::move(image), time});
    if (!size) {
        // The error that counts is the first; a leftover is removed at the next start.
        static_cast<void>(co_await io::remove_file(files, unfinished));
        co_return size;
    }
    MOLDAU_CO_TRY(co_await io::rename(files, unfinished, path));
    MOLDAU_CO_TRY(co_await io::sync_dir(files, dir));
    co_return *size;
}

Task<Result<void>> remove_snapshot(io::FileSystem& files, std::string dir, SnapshotId id) {
    co_return co_await io::remove_file(files, dir + "/" + id.file_name());
}

}  // namespace moldau::metadata
