// What the kernel's page cache has of a file, and bringing more of it there.
//
// The problem: a core must never wait for the disk, but what the page cache has it may read, or have sent, at once. The
// idea: ask before: a read that refuses to wait (RWF_NOWAIT) for a few bytes, cachestat(2), Linux 6.5, for a range. Place:
// behind `File::read_cached`, `cached_range` and `bring_in`, and under large reads.

#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "bytes/buffer.h"
#include "io/file.h"
#include "io/posix_calls.h"

namespace moldau::io::posix {

// What the kernel says of a range, cut at the file's end.
enum class Cached : std::uint8_t { kAll, kNotAll, kUnknown };
Cached ask_page_cache(const OpenFile& file, std::uint64_t position, std::size_t length);

// Is all of the range, cut at the file's end, in the page cache? Also when the kernel cannot tell: a read without waiting
// would start the read-ahead that is to be avoided.
inline bool is_cached(const OpenFile& file, std::uint64_t position, std::size_t length) {
    return ask_page_cache(file, position, length) != Cached::kNotAll;
}

// The same for who must not wait: where the kernel cannot tell, samples of the range are read without waiting.
bool can_send_at_once(const OpenFile& file, std::uint64_t position, std::size_t length);

// Fills `into` without waiting for the disk; false when that is not possible. Any thread.
bool read_cached(const OpenFile& file, std::uint64_t position, bytes::MutableSpan into);

// As File::bring_in, on an I/O thread.
Result<File::Found> bring_in(const OpenFile& file, std::uint64_t position, File::Ahead ahead);

}  // namespace moldau::io::posix
