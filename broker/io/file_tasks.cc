// File operations as tasks, and the two that are made of several: reading a whole file, replacing one atomically.

#include <utility>

#include "io/file.h"

namespace moldau::io {

namespace {

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

// The content, whole and on the disk, under a name that nothing reads.
Task<Result<void>> write_aside(FileSystem& files, std::string path, bytes::View content) {
    MOLDAU_CO_TRY_ASSIGN(opened, co_await open(files, std::move(path), OpenMode::kCreate));
    if (opened.bytes > 0) MOLDAU_CO_TRY(co_await truncate(*opened.file, 0));
    MOLDAU_CO_TRY(co_await write(*opened.file, 0, bytes::ChunkList{std::move(content)}));
    co_return co_await sync(*opened.file);
}

}  // namespace

Task<Result<bytes::View>> read(File& file, std::uint64_t position, std::size_t length) {
    co_return co_await completion<Result<bytes::View>>([&](auto done) { file.read(position, length, std::move(done)); });
}

Task<Result<void>> write(File& file, std::uint64_t position, bytes::ChunkList data) {
    co_return co_await completion<Result<void>>([&](auto done) { file.write(position, std::move(data), std::move(done)); });
}

Task<Result<void>> sync(File& file) {
    co_return co_await completion<Result<void>>([&](auto done) { file.sync(std::move(done)); });
}

Task<Result<File::Found>> bring_in(File& file, std::uint64_t position, File::Ahead ahead) {
    co_return co_await completion<Result<File::Found>>([&](auto done) { file.bring_in(position, ahead, std::move(done)); });
}

Task<Result<void>> truncate(File& file, std::uint64_t bytes) {
    co_return co_await completion<Result<void>>([&](auto done) { file.truncate(bytes, std::move(done)); });
}

Task<Result<void>> allocate(File& file, std::uint64_t bytes) {
    co_return co_await completion<Result<void>>([&](auto done) { file.allocate(bytes, std::move(done)); });
}

Task<Result<OpenedFile>> open(FileSystem& files, std::string path, OpenMode mode) {
    co_return co_await completion<Result<OpenedFile>>(
        [&](auto done) { files.open(std::move(path), mode, std::move(done)); });
}

Task<Result<std::vector<DirEntry>>> list(FileSystem& files, std::string path) {
    co_return co_await completion<Result<std::vector<DirEntry>>>(
        [&](auto done) { files.list(std::move(path), std::move(done)); });
}

Task<Result<void>> make_dirs(FileSystem& files, std::string path) {
    co_return co_await completion<Result<void>>([&](auto done) { files.make_dirs(std::move(path), std::move(done)); });
}

Task<Result<void>> remove_file(FileSystem& files, std::string path) {
    co_return co_await completion<Result<void>>([&](auto done) { files.remove_file(std::move(path), std::move(done)); });
}

Task<Result<void>> remove_dir(FileSystem& files, std::string path) {
    co_return co_await completion<Result<void>>([&](auto done) { files.remove_dir(std::move(path), std::move(done)); });
}

Task<Result<void>> rename(FileSystem& files, std::string from, std::string to) {
    co_return co_await completion<Result<void>>(
        [&](auto done) { files.rename(std::move(from), std::move(to), std::move(done)); });
}

Task<Result<void>> sync_dir(FileSystem& files, std::string path) {
    co_return co_await completion<Result<void>>([&](auto done) { files.sync_dir(std::move(path), std::move(done)); });
}

Task<Result<DiskSpace>> space(FileSystem& files, std::string path) {
    co_return co_await completion<Result<DiskSpace>>([&](auto done) { files.space(std::move(path), std::move(done)); });
}

Task<Result<std::unique_ptr<FileLock>>> lock(FileSystem& files, std::string path) {
    co_return co_await completion<Result<std::unique_ptr<FileLock>>>(
        [&](auto done) { files.lock(std::move(path), std::move(done)); });
}

Task<Result<bytes::View>> read_file(FileSystem& files, std::string path, std::size_t bytes_max) {
    MOLDAU_CO_TRY_ASSIGN(opened, co_await open(files, std::move(path), OpenMode::kRead));
    if (opened.bytes > bytes_max) {
        co_return fail(Errc::kLimitExceeded, "read " + opened.file->path() + ": " + std::to_string(opened.bytes) + " bytes");
    }
    if (opened.bytes == 0) co_return bytes::View{};
    co_return co_await read(*opened.file, 0, static_cast<std::size_t>(opened.bytes));
}

Task<Result<void>> replace_file(FileSystem& files, std::string path, bytes::View content) {
    const std::string aside = path + ".tmp";
    auto replaced = co_await write_aside(files, aside, std::move(content));
    if (replaced) replaced = co_await rename(files, aside, path);
    if (!replaced) {
        // The error that counts is the first; what is left over is overwritten next time.
        static_cast<void>(co_await remove_file(files, aside));
        co_return replaced;
    }
    co_return co_await sync_dir(files, folder_of(path));
}

}  // namespace moldau::io
