// The questions to the page cache, and its filling.

#include "io/page_cache.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

namespace moldau::io::posix {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::size_t kSampleStep = 64 << 10;
// With less than this read ahead by the kernel itself, it is asked for more.
constexpr std::size_t kAheadBytesEnough = 1 << 20;

// Of cachestat(2), which the C library does not know yet.
constexpr long kCachestatCall = 451;
struct AskedRange {
    std::uint64_t position;
    std::uint64_t length;
};
struct CachedPages {
    std::uint64_t cached, dirty, writing, evicted, recently_evicted;
};

}  // namespace

Cached ask_page_cache(const OpenFile& file, std::uint64_t position, std::size_t length) {
    struct stat status{};
    if (::fstat(file.descriptor.number(), &status) != 0) return Cached::kUnknown;
    const auto end = static_cast<std::uint64_t>(status.st_size);
    if (position >= end || length == 0) return Cached::kAll;
    AskedRange range{position, std::min<std::uint64_t>(length, end - position)};
    CachedPages pages{};
    if (::syscall(kCachestatCall, file.descriptor.number(), &range, &pages, 0U) != 0) return Cached::kUnknown;
    const std::uint64_t first = position / kPage;
    const std::uint64_t last = (position + range.length - 1) / kPage;
    return pages.cached >= last - first + 1 ? Cached::kAll : Cached::kNotAll;
}

bool read_cached(const OpenFile& file, std::uint64_t position, bytes::MutableSpan into) {
    const iovec piece{into.data(), into.size()};
    const auto count = ::preadv2(file.descriptor.number(), &piece, 1, static_cast<off_t>(position), RWF_NOWAIT);
    return count >= 0 && static_cast<std::size_t>(count) == into.size();
}

bool can_send_at_once(const OpenFile& file, std::uint64_t position, std::size_t length) {
    const auto cached = ask_page_cache(file, position, length);
    if (cached != Cached::kUnknown) return cached == Cached::kAll;
    std::array<std::uint8_t, 1> byte;
    for (std::size_t at = 0; at < length; at += kSampleStep) {
        if (!read_cached(file, position + at, byte)) return false;
    }
    return true;
}

namespace {

// Reads into nothing, as a consumer of the whole file would: the kernel waits for what is on its way, reads ahead in the
// sizes that suit the disk, and copies nothing.
Result<void> read_through(const OpenFile& file, std::uint64_t position, std::size_t length) {
    static const Descriptor nothing{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
    auto at = static_cast<off_t>(position);
    while (length > 0) {
        const auto count = ::sendfile(nothing.number(), file.descriptor.number(), &at, length);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail(file_error(errno, "read " + file.path + " at " + std::to_string(at)));
        if (count == 0) break;
        length -= static_cast<std::size_t>(count);
    }
    return {};
}

}  // namespace

Result<File::Found> bring_in(const OpenFile& file, std::uint64_t position, File::Ahead ahead) {
    const bool was_cached = is_cached(file, position, ahead.length + ahead.ahead);
    MOLDAU_TRY(read_through(file, position, ahead.length));
    const std::uint64_t next = position + ahead.length;
    if (!is_cached(file, next, std::min(ahead.ahead, kAheadBytesEnough))) {
        ::posix_fadvise(file.descriptor.number(), static_cast<off_t>(next), static_cast<off_t>(ahead.ahead),
                        POSIX_FADV_WILLNEED);
    }
    return was_cached ? File::Found::kCached : File::Found::kOnDisk;
}

}  // namespace moldau::io::posix
