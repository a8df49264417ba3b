// The walk over the headers.

#include "log/cached_run.h"

#include <array>

#include "log/batch_cursor.h"
#include "wire/record_batch.h"

namespace moldau::log {
namespace {

// After so many batches their average length says whether it is worth going on.
constexpr std::size_t kBatchesBeforeJudging = 4;

bool is_small(std::size_t batches, std::uint64_t bytes) {
    return batches >= kBatchesBeforeJudging && bytes / batches < kBatchBytesForRanges;
}

}  // namespace

std::optional<CachedRun> cached_run(io::File& file, RunStart start, const ReadOptions& options) {
    std::uint64_t position = start.position;
    Offset end = options.from;
    Offset offset_min = start.offset_min;
    std::array<std::uint8_t, wire::kBatchHeaderBytes> bytes;
    for (std::size_t batches = 0; position - start.position < options.bytes_max; ++batches) {
        if (is_small(batches, position - start.position)) return std::nullopt;
        const std::uint64_t left = start.file_end - position;
        if (left < bytes.size() || !file.read_cached(position, bytes)) break;
        if (implausible(bytes, offset_min, left)) return std::nullopt;
        const auto header = *wire::BatchHeader::parse(bytes);
        if (header.next_offset() > options.end) break;
        const bool fits = position - start.position + header.size_bytes() <= options.bytes_max;
        const bool must = batches == 0 && options.first_batch == ReadOptions::FirstBatch::kAlways;
        if (!fits && !must) break;
        position += header.size_bytes();
        end = header.next_offset();
        offset_min = end;
    }
    if (position == start.position) return std::nullopt;
    // A page may be in the cache while its bytes are still on their way; they come in order.
    if (!file.read_cached(position - 1, bytes::MutableSpan{bytes}.first(1))) return std::nullopt;
    auto range = file.cached_range(start.position, position - start.position);
    if (!range) return std::nullopt;
    return CachedRun{*std::move(range), end, position};
}

}  // namespace moldau::log
