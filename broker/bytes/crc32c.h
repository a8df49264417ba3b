// CRC-32C (Castagnoli), the checksum of record batches and of Moldau's own files, by ISA-L.

#pragma once

#include <cstdint>

#include "bytes/buffer.h"

namespace moldau::bytes {

// Of all bytes; `crc` is the result for what came before, 0 at the start.
std::uint32_t crc32c(Span bytes, std::uint32_t crc = 0);
std::uint32_t crc32c(const ChunkList& chunks, std::uint32_t crc = 0);

}  // namespace moldau::bytes
