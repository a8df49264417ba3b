// Reads of many bytes at once: from the page cache what it has, the rest past it.
//
// The problem: a consumer far behind reads gigabytes once; through the page cache each byte is copied twice, at the price of
// what others would have found there, and the kernel's read-ahead guesses sizes that we know. The idea: ask the kernel how
// much it has cached (cachestat(2), Linux 6.5); when that is not all, read with O_DIRECT into the buffer that goes to the
// socket. Where kernel or file system do not know either, it is an ordinary read. Place: I/O threads, behind `File::read`.

#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "bytes/buffer.h"
#include "io/file.h"
#include "io/page_cache.h"
#include "io/posix_calls.h"

namespace moldau::io::posix {

// From so many bytes on a read counts as large; smaller ones gain from the kernel's read-ahead.
inline constexpr std::size_t kLargeReadBytes = 256 << 10;

// `length` bytes at `position`, fewer only where the file ends; the view holds up to three pages more than it shows. Errors:
// kIo.
Result<bytes::View> read_large(const OpenFile& file, std::uint64_t position, std::size_t length);

}  // namespace moldau::io::posix
