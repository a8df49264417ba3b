// ISA-L wants the register inverted on the way in and out.

#include "bytes/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <limits>

namespace moldau::bytes {

std::uint32_t crc32c(Span bytes, std::uint32_t crc) {
    std::uint32_t state = ~crc;
    while (!bytes.empty()) {
        const std::size_t count = std::min<std::size_t>(bytes.size(), std::numeric_limits<int>::max());
        // ISA-L takes a mutable pointer and does not write through it.
        state = crc32_iscsi(const_cast<unsigned char*>(bytes.data()), static_cast<int>(count), state);
        bytes = bytes.subspan(count);
    }
    return ~state;
}

std::uint32_t crc32c(const ChunkList& chunks, std::uint32_t crc) {
    for (const auto& chunk : chunks.chunks()) crc = crc32c(chunk.span(), crc);
    return crc;
}

}  // namespace moldau::bytes
