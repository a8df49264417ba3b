// The questions to the page cache, and its filling.

#include "io/page_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace moldau::io::posix {
namespace {

constexpr std::uint64_t kPage = 4096;
// Every so many bytes one is waited for: pages come in larger pieces than this.
constexpr std::uint64_t kWaitedStep = 64 << 10;

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

Result<File::Found> bring_in(const OpenFile& file, std::uint64_t position, File::Ahead ahead) {
    const std::size_t all = ahead.length + ahead.ahead;
    if (ask_page_cache(file, position, all) == Cached::kAll) return File::Found::kCached;
    ::posix_fadvise(file.descriptor.number(), static_cast<off_t>(position), static_cast<off_t>(all), POSIX_FADV_WILLNEED);
    std::array<std::uint8_t, 1> byte;
    const std::uint64_t end = position + ahead.length;
    for (std::uint64_t at = position; at < end; at += kWaitedStep) MOLDAU_TRY(read_at(file, at, byte));
    if (ahead.length > 0) MOLDAU_TRY(read_at(file, end - 1, byte));
    return File::Found::kOnDisk;
}

}  // namespace moldau::io::posix
