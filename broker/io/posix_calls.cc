// System calls on files and folders, made whole.

#include "io/posix_calls.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace moldau::io::posix {

namespace {

Errc errc_of(int error_number) {
    switch (error_number) {
        case ENOSPC:
        case EDQUOT:
            return Errc::kDiskFull;
        case ENOENT:
            return Errc::kNotFound;
        case EMFILE:
        case ENFILE:
        case ENOMEM:
            return Errc::kBusy;  // the process or the machine is short of something, the disk is well
        default:
            return Errc::kIo;
    }
}

std::unexpected<Error> failed(const char* operation, const std::string& path, int error_number = errno) {
    return fail(file_error(error_number, std::string{operation} + ' ' + path));
}

std::unexpected<Error> failed_at(const char* operation, const std::string& path, std::uint64_t position) {
    const int error_number = errno;
    return fail(file_error(error_number, std::string{operation} + ' ' + path + " at " + std::to_string(position)));
}

int flags_of(OpenMode mode) {
    switch (mode) {
        case OpenMode::kRead:
            return O_RDONLY;
        case OpenMode::kReadWrite:
            return O_RDWR;
        case OpenMode::kCreate:
            return O_RDWR | O_CREAT;
        case OpenMode::kCreateNew:
            return O_RDWR | O_CREAT | O_EXCL;
    }
    return O_RDONLY;
}

// Whatever the system says: what was written before may be gone for good, so trying again would prove nothing.
std::unexpected<Error> failed_sync(const char* operation, const std::string& path) {
    auto error = file_error(errno, std::string{operation} + ' ' + path);
    error.code = Errc::kIo;
    return fail(std::move(error));
}

// Drops `count` bytes from the front of `pieces`.
std::span<iovec> without_front(std::span<iovec> pieces, std::size_t count) {
    while (!pieces.empty() && count >= pieces.front().iov_len) {
        count -= pieces.front().iov_len;
        pieces = pieces.subspan(1);
    }
    if (!pieces.empty()) {
        pieces.front().iov_base = static_cast<std::uint8_t*>(pieces.front().iov_base) + count;
        pieces.front().iov_len -= count;
    }
    return pieces;
}

Result<void> write_zeros(const OpenFile& file, std::uint64_t from, std::uint64_t until) {
    static constexpr std::array<std::uint8_t, 65536> kZeros{};
    while (from < until) {
        const auto count = std::min<std::uint64_t>(kZeros.size(), until - from);
        const bytes::Span piece{kZeros.data(), static_cast<std::size_t>(count)};
        MOLDAU_TRY(write_at(file, from, {&piece, 1}).result);
        from += count;
    }
    return {};
}

}  // namespace

Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}

Error file_error(int error_number, std::string operation_and_path) {
    return {errc_of(error_number), operation_and_path + ": " + std::generic_category().message(error_number)};
}

Result<Opened> open_file(const std::string& path, OpenMode mode) {
    Descriptor descriptor{::open(path.c_str(), flags_of(mode) | O_CLOEXEC, 0644)};
    if (descriptor.number() < 0) return failed("open", path);
    struct stat status{};
    if (::fstat(descriptor.number(), &status) != 0) return failed("stat", path);
    if (S_ISDIR(status.st_mode)) return failed("open", path, EISDIR);
    return Opened{std::move(descriptor), static_cast<std::uint64_t>(status.st_size)};
}

Result<std::size_t> read_at(const OpenFile& file, std::uint64_t position, bytes::MutableSpan into) {
    std::size_t done = 0;
    while (done < into.size()) {
        const auto count =
            ::pread(file.descriptor.number(), into.data() + done, into.size() - done, static_cast<off_t>(position + done));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed_at("read", file.path, position + done);
        if (count == 0) break;
        done += static_cast<std::size_t>(count);
    }
    return done;
}

Written write_at(const OpenFile& file, std::uint64_t position, std::span<const bytes::Span> pieces) {
    std::vector<iovec> vectors;
    vectors.reserve(pieces.size());
    for (const auto piece : pieces) {
        if (!piece.empty()) vectors.push_back({const_cast<std::uint8_t*>(piece.data()), piece.size()});
    }
    Written written;
    for (std::span<iovec> left{vectors}; !left.empty();) {
        const auto at = position + written.bytes;
        const int batch = static_cast<int>(std::min<std::size_t>(left.size(), IOV_MAX));
        const auto count = ::pwritev(file.descriptor.number(), left.data(), batch, static_cast<off_t>(at));
        if (count < 0 && errno == EINTR) continue;
        if (count == 0) errno = EIO;  // no progress on a write that is not empty
        if (count <= 0) {
            written.result = failed_at("write", file.path, at);
            break;
        }
        written.bytes += static_cast<std::uint64_t>(count);
        left = without_front(left, static_cast<std::size_t>(count));
    }
    return written;
}

Result<void> sync(const OpenFile& file) {
    if (::fdatasync(file.descriptor.number()) != 0) return failed_sync("sync", file.path);
    return {};
}

Result<void> truncate(const OpenFile& file, std::uint64_t bytes) {
    while (::ftruncate(file.descriptor.number(), static_cast<off_t>(bytes)) != 0) {
        if (errno != EINTR) return failed_at("truncate", file.path, bytes);
    }
    return {};
}

Result<void> allocate(const OpenFile& file, std::uint64_t bytes) {
    if (bytes == 0) return {};
    while (::fallocate(file.descriptor.number(), 0, 0, static_cast<off_t>(bytes)) != 0) {
        if (errno == EINTR) continue;
        if (errno != EOPNOTSUPP && errno != ENOSYS) return failed_at("allocate", file.path, bytes);
        struct stat status{};
        if (::fstat(file.descriptor.number(), &status) != 0) return failed("stat", file.path);
        return write_zeros(file, static_cast<std::uint64_t>(status.st_size), bytes);
    }
    return {};
}

Result<std::vector<DirEntry>> list(const std::string& path) {
    std::error_code error;
    std::filesystem::directory_iterator entries{path, error};
    std::vector<DirEntry> result;
    for (; !error && entries != std::filesystem::directory_iterator{}; entries.increment(error)) {
        struct stat status{};
        // One that is gone between the two calls is not listed.
        if (::lstat(entries->path().c_str(), &status) != 0) continue;
        const bool is_dir = S_ISDIR(status.st_mode);
        result.push_back({.name = entries->path().filename().string(),
                          .is_dir = is_dir,
                          .bytes = is_dir ? 0 : static_cast<std::uint64_t>(status.st_size)});
    }
    if (error) return failed("list", path, error.value());
    std::ranges::sort(result, {}, &DirEntry::name);
    return result;
}

Result<void> make_dirs(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return failed("make directory", path, error.value());
    return {};
}

Result<void> remove_file(const std::string& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed("remove", path);
    return {};
}

Result<void> remove_dir(const std::string& path) {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    if (error) return failed("remove directory", path, error.value());
    return {};
}

Result<void> rename(const std::string& from, const std::string& to) {
    if (std::rename(from.c_str(), to.c_str()) != 0) return failed("rename", from + " to " + to);
    return {};
}

Result<void> sync_dir(const std::string& path) {
    const Descriptor descriptor{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (descriptor.number() < 0) return failed("open directory", path);
    if (::fsync(descriptor.number()) != 0) return failed_sync("sync directory", path);
    return {};
}

Result<DiskSpace> space(const std::string& path) {
    struct statvfs status{};
    if (::statvfs(path.c_str(), &status) != 0) return failed("stat file system", path);
    return DiskSpace{.total_bytes = std::uint64_t{status.f_blocks} * status.f_frsize,
                     .free_bytes = std::uint64_t{status.f_bavail} * status.f_frsize};
}

Result<Descriptor> lock(const std::string& path) {
    Descriptor descriptor{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)};
    if (descriptor.number() < 0) return failed("open", path);
    struct flock whole{};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    // An open-file-description lock: a second object of the same process is refused as well.
    if (::fcntl(descriptor.number(), F_OFD_SETLK, &whole) == 0) return descriptor;
    if (errno == EAGAIN || errno == EACCES) return fail(Errc::kLocked, "lock " + path);
    return failed("lock", path);
}

}  // namespace moldau::io::posix
