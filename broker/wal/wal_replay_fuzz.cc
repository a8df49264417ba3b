// Any bytes as a write-ahead file: the parser reads within them, and what it gives follows its own grammar.

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "bytes/crc32c.h"
#include "bytes/endian.h"
#include "wal/wal_format.h"

namespace {

using namespace moldau;

// Checksums of the header and of the group at each block are put right, or no mutation would get past them.
void mend(std::uint8_t* data, std::size_t size) {
    if (size < wal::kBlockBytes) return;
    bytes::store_be(data + 24, bytes::crc32c({data, 24}));
    for (std::size_t at = wal::kBlockBytes; at + wal::kGroupHeadBytes <= size; at += wal::kBlockBytes) {
        const std::size_t length = bytes::load_be<std::uint32_t>(data + at + 32);
        if (length < wal::kGroupHeadBytes || length > size - at) continue;
        bytes::store_be(data + at + 4, bytes::crc32c({data + at + 8, length - 8}));
    }
}

void parse(const bytes::View& content) {
    const auto file = wal::parse_file(content);
    if (!file) return;
    for (const auto& entry : file->entries) {
        CHECK(entry.base >= Offset{0} && entry.base <= entry.end);
        if (entry.batch.empty()) continue;
        CHECK(entry.batch.data() >= content.data());
        CHECK(entry.batch.data() + entry.batch.size() <= content.data() + content.size());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    parse(bytes::View::copy_of(bytes::Span{data, size}));
    bytes::Buffer mended{size};
    mended.append({data, size});
    mend(mended.data(), size);
    parse(mended.view());
    return 0;
}
