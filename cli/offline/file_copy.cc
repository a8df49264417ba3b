// Three ways to copy, the cheapest first.

#include "cli/offline/file_copy.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "io/posix_calls.h"

namespace moldau::cli {
namespace {

constexpr std::size_t kPieceBytes = 8 << 20;
enum class Outcome : std::uint8_t { kDone, kNotHere };

std::unexpected<Error> failed(const std::string& operation) { return fail(io::posix::file_error(errno, operation)); }

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash);
}

bool is_unsupported(int error) {
    return error == EXDEV || error == EINVAL || error == ENOSYS || error == EOPNOTSUPP || error == ENOTTY || error == EPERM;
}

// Inside the kernel. kNotHere when it cannot between these two files.
Result<Outcome> copy_in_kernel(const io::posix::OpenFile& from, const io::posix::OpenFile& to,
                               const std::function<void(std::int64_t)>& copied) {
    bool is_first = true;
    while (true) {
        const auto count =
            ::copy_file_range(from.descriptor.number(), nullptr, to.descriptor.number(), nullptr, kPieceBytes, 0);
        if (count == 0) return Outcome::kDone;
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && is_first && is_unsupported(errno)) return Outcome::kNotHere;
        if (count < 0) return failed("copy " + from.path + " to " + to.path);
        copied(count);
        is_first = false;
    }
}

Result<void> copy_through_memory(const io::posix::OpenFile& from, const io::posix::OpenFile& to,
                                 const std::function<void(std::int64_t)>& copied) {
    std::vector<std::uint8_t> piece(kPieceBytes);
    for (std::uint64_t at = 0;;) {
        MOLDAU_TRY_ASSIGN(count, io::posix::read_at(from, at, piece));
        if (count == 0) return {};
        const bytes::Span read{piece.data(), count};
        MOLDAU_TRY(io::posix::write_at(to, at, {&read, 1}).result);
        at += count;
        copied(static_cast<std::int64_t>(count));
    }
}

}  // namespace

Result<void> copy_file(const std::string& from, const std::string& to, const std::function<void(std::int64_t)>& copied) {
    MOLDAU_TRY_ASSIGN(source, io::posix::open_file(from, io::OpenMode::kRead));
    MOLDAU_TRY_ASSIGN(target, io::posix::open_file(to, io::OpenMode::kCreateNew));
    const io::posix::OpenFile in{std::move(source.descriptor), from};
    const io::posix::OpenFile out{std::move(target.descriptor), to};
    if (::ioctl(out.descriptor.number(), FICLONE, in.descriptor.number()) == 0) {
        copied(static_cast<std::int64_t>(source.bytes));
        return {};
    }
    MOLDAU_TRY_ASSIGN(outcome, copy_in_kernel(in, out, copied));
    return outcome == Outcome::kDone ? Result<void>{} : copy_through_memory(in, out, copied);
}

Result<void> sync_file_system(const std::string& path) {
    const io::posix::Descriptor folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.number() < 0) return failed("open " + path);
    if (::syncfs(folder.number()) != 0) return failed("sync the file system of " + path);
    return {};
}

Result<void> write_durably(const std::string& path, const std::string& content) {
    const auto aside = path + ".tmp";
    {
        MOLDAU_TRY_ASSIGN(opened, io::posix::open_file(aside, io::OpenMode::kCreate));
        const io::posix::OpenFile file{std::move(opened.descriptor), aside};
        MOLDAU_TRY(io::posix::truncate(file, 0));
        const bytes::Span all{reinterpret_cast<const std::uint8_t*>(content.data()), content.size()};
        MOLDAU_TRY(io::posix::write_at(file, 0, {&all, 1}).result);
        MOLDAU_TRY(io::posix::sync(file));
    }
    MOLDAU_TRY(io::posix::rename(aside, path));
    return io::posix::sync_dir(folder_of(path));
}

}  // namespace moldau::cli
