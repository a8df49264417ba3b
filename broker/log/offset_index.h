// Where batches lie in a segment: some offsets and their positions in the file.
//
//   file  = entry*
//   entry = relative-offset:int32 position:int32     big endian; ascending in both
//
// An entry says that the batch that starts at `position` has `base offset of the segment + relative-offset` as its last
// offset (docs/formats/segment.md). That can be checked at the batch itself, and is, before an entry is believed.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/ids.h"
#include "bytes/endian.h"
#include "log/sparse_index.h"

namespace moldau::log {

struct OffsetPosition {
    Offset last_offset;  // of the batch at `position`
    std::uint32_t position = 0;
    bool operator==(const OffsetPosition&) const = default;
};

// Thread: its log's core. Invariant: entries ascend in offset and in position.
class OffsetIndex {
public:
    static constexpr std::size_t kEntryBytes = 8;

    OffsetIndex(std::string path, Offset base) : index_(std::move(path), kEntryBytes), base_(base) {}

    void append(OffsetPosition entry) {
        std::uint8_t bytes[kEntryBytes];
        bytes::store_be(bytes, static_cast<std::int32_t>(entry.last_offset - base_));
        bytes::store_be(bytes + 4, static_cast<std::int32_t>(entry.position));
        index_.append(bytes);
    }
    // The last entry whose offset is <= `offset`.
    Task<Result<std::optional<OffsetPosition>>> find(io::FileSystem& files, Offset offset) {
        const std::int64_t relative = offset - base_;
        MOLDAU_CO_TRY_ASSIGN(found, co_await index_.find(files, [relative](const std::uint8_t* entry) {
            return bytes::load_be<std::int32_t>(entry) <= relative;
        }));
        co_return decode(found);
    }
    // The last entry whose position is <= `position`.
    Task<Result<std::optional<OffsetPosition>>> find_position(io::FileSystem& files, std::uint64_t position) {
        MOLDAU_CO_TRY_ASSIGN(found, co_await index_.find(files, [position](const std::uint8_t* entry) {
            return bytes::load_be<std::uint32_t>(entry + 4) <= position;
        }));
        co_return decode(found);
    }
    Task<Result<std::optional<OffsetPosition>>> last(io::FileSystem& files) {
        MOLDAU_CO_TRY_ASSIGN(found, co_await index_.last(files));
        co_return decode(found);
    }

    SparseIndex& storage() { return index_; }
    const SparseIndex& storage() const { return index_; }

private:
    std::optional<OffsetPosition> decode(const std::optional<IndexEntry>& entry) const {
        if (!entry) return std::nullopt;
        return OffsetPosition{base_ + bytes::load_be<std::int32_t>(entry->data()),
                              bytes::load_be<std::uint32_t>(entry->data() + 4)};
    }

    SparseIndex index_;
    Offset base_;
};

}  // namespace moldau::log
