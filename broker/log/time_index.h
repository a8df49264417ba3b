// How far timestamps have come along a segment: some timestamps and the offsets where they were first reached.
//
//   file  = entry*
//   entry = timestamp:int64 relative-offset:int32     big endian; ascending in both
//
// An entry says that the largest timestamp from the segment's start up to the offset is `timestamp`, and that it is in the
// batch whose last offset is `base offset of the segment + relative-offset`. The last entry of a closed segment is about all
// of it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/ids.h"
#include "bytes/endian.h"
#include "log/sparse_index.h"

namespace moldau::log {

struct TimestampOffset {
    std::int64_t timestamp = -1;
    Offset last_offset;  // of the batch that has it
    bool operator==(const TimestampOffset&) const = default;
};

// Thread: its log's core. Invariant: timestamps ascend, each larger than the one before.
class TimeIndex {
public:
    static constexpr std::size_t kEntryBytes = 12;

    TimeIndex(std::string path, Offset base) : index_(std::move(path), kEntryBytes), base_(base) {}

    // Does nothing unless the timestamp is larger than that of the last entry.
    void append(TimestampOffset entry) {
        if (entry.timestamp <= last_timestamp_) return;
        last_timestamp_ = entry.timestamp;
        std::uint8_t bytes[kEntryBytes];
        bytes::store_be(bytes, entry.timestamp);
        bytes::store_be(bytes + 8, static_cast<std::int32_t>(entry.last_offset - base_));
        index_.append(bytes);
    }
    // The last entry was adopted with the file.
    void set_last_timestamp(std::int64_t timestamp) { last_timestamp_ = timestamp; }
    void clear() {
        index_.clear();
        last_timestamp_ = -1;
    }

    // The last entry whose timestamp is <= `timestamp`.
    Task<Result<std::optional<TimestampOffset>>> find(io::FileSystem& files, std::int64_t timestamp) {
        MOLDAU_CO_TRY_ASSIGN(found, co_await index_.find(files, [timestamp](const std::uint8_t* entry) {
            return bytes::load_be<std::int64_t>(entry) <= timestamp;
        }));
        co_return decode(found);
    }
    // The last entry whose offset is <= `offset`.
    Task<Result<std::optional<TimestampOffset>>> find_offset(io::FileSystem& files, Offset offset) {
        const std::int64_t relative = offset - base_;
        MOLDAU_CO_TRY_ASSIGN(found, co_await index_.find(files, [relative](const std::uint8_t* entry) {
            return bytes::load_be<std::int32_t>(entry + 8) <= relative;
        }));
        co_return decode(found);
    }
    Task<Result<std::optional<TimestampOffset>>> last(io::FileSystem& files) {
        MOLDAU_CO_TRY_ASSIGN(found, co_await index_.last(files));
        co_return decode(found);
    }

    SparseIndex& storage() { return index_; }
    const SparseIndex& storage() const { return index_; }

private:
    std::optional<TimestampOffset> decode(const std::optional<IndexEntry>& entry) const {
        if (!entry) return std::nullopt;
        return TimestampOffset{bytes::load_be<std::int64_t>(entry->data()),
                               base_ + bytes::load_be<std::int32_t>(entry->data() + 8)};
    }

    SparseIndex index_;
    Offset base_;
    std::int64_t last_timestamp_ = -1;
};

}  // namespace moldau::log
