// What is cached, and the direct read.

#include "io/large_read.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace moldau::io::posix {
namespace {

// Of positions, lengths and memory of direct reads: no disk asks for more.
constexpr std::uint64_t kPage = 4096;

std::uint64_t page_of(std::uint64_t position) { return position / kPage * kPage; }

// Whole pages from the disk into memory that begins at a page. Nullopt where this cannot be done: an ordinary read then says
// why, or succeeds.
std::optional<std::size_t> read_direct(const OpenFile& file, std::uint64_t position, bytes::MutableSpan into) {
    const auto self = "/proc/self/fd/" + std::to_string(file.descriptor.number());  // the file's name may have changed
    const Descriptor direct{::open(self.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC)};
    if (direct.number() < 0) return std::nullopt;
    std::size_t done = 0;
    while (done < into.size()) {
        const auto count =
            ::pread(direct.number(), into.data() + done, into.size() - done, static_cast<off_t>(position + done));
        if (count < 0) return std::nullopt;
        done += static_cast<std::size_t>(count);
        if (count == 0 || static_cast<std::uint64_t>(count) % kPage != 0) break;  // the file's end
    }
    return done;
}

// The first page boundary in `memory`.
bytes::MutableSpan from_page(bytes::MutableSpan memory) {
    void* start = memory.data();
    std::size_t space = memory.size();
    CHECK(std::align(kPage, kPage, start, space) != nullptr);
    return {static_cast<std::uint8_t*>(start), space};
}

// `length` bytes at `position`, by whole pages; nullopt where that cannot be done.
std::optional<bytes::View> read_past_cache(const OpenFile& file, std::uint64_t position, std::size_t length) {
    bytes::Buffer buffer{length + 3 * kPage};
    const bytes::MutableSpan pages = from_page(buffer.spare());
    const std::uint64_t first = page_of(position);
    const std::uint64_t until = page_of(position + length + kPage - 1);
    const auto count = read_direct(file, first, pages.first(until - first));
    if (!count) return std::nullopt;
    const std::size_t skipped = position - first;
    if (*count <= skipped) return bytes::View{};
    const std::size_t start = static_cast<std::size_t>(pages.data() - buffer.data()) + skipped;
    const std::size_t got = std::min(*count - skipped, length);
    buffer.commit(start + got);
    return buffer.view(start, got);
}

}  // namespace

Result<bytes::View> read_large(const OpenFile& file, std::uint64_t position, std::size_t length) {
    if (!is_cached(file, position, length)) {
        if (auto read = read_past_cache(file, position, length)) return *std::move(read);
    }
    bytes::Buffer buffer{length};
    MOLDAU_TRY_ASSIGN(count, read_at(file, position, buffer.spare()));
    buffer.commit(count);
    return buffer.view();
}

}  // namespace moldau::io::posix
