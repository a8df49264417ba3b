// One write-ahead file of a lane: prewritten room, filled group by group, used again under a new sequence number.
//
// The problem: a commit's fdatasync must have no metadata to write, so every block must have been written before; but
// writing 32 MiB of zeros at start would cost the first acknowledgement its budget. The idea: a file's room grows in steps
// while it waits for its use, never under it. Place: `WriteAheadLog` owns these; bytes are wal_format.h's.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "io/file.h"
#include "wal/wal_format.h"
#include "wal/write_ahead_log.h"

namespace moldau::wal {

struct WalPartitionHash {
    std::size_t operator()(const WalPartition& partition) const noexcept {
        return std::hash<TopicId>{}(partition.topic) * 31 + static_cast<std::size_t>(partition.partition.value);
    }
};

// "<lane>-<run>-<index>.wal". A run is one opening of a lane; its number is above that of every file that was there before.
struct LaneFileName {
    std::uint32_t lane = 0;
    std::uint32_t run = 0;
    std::uint32_t index = 0;
    std::string to_string() const;
    // Nullopt for a foreign file.
    static std::optional<LaneFileName> parse(std::string_view name);
};

// Lifetime: outlived by its operations in flight, whose callbacks the owner guards. Thread: the lane's core.
// Invariants: a block is written by a group only below room_end(), which only grows; positions only ascend within one use.
class LaneFile {
public:
    LaneFile(std::unique_ptr<io::File> file, std::uint32_t lane) : file_(std::move(file)), lane_(lane) {}

    // Writes zeros behind room_end() and syncs: after it, room_end() is `bytes` larger. Errors leave it as it was.
    void prewrite(std::uint64_t bytes, io::Done<void> done);
    void prewritten(std::uint64_t bytes) { room_end_ += bytes; }
    std::uint64_t room_end() const { return room_end_; }

    // Begins a new use: the header goes out with the first group.
    void begin(std::uint64_t sequence);
    // The largest group that still fits.
    std::uint64_t room() const { return room_end_ > position_ ? room_end_ - position_ : 0; }
    // Writes `entries` as group `number` and syncs; `done` has the bytes written.
    void commit(std::uint64_t number, const std::vector<Entry>& entries, io::Done<std::uint64_t> done);
    // Writes the last group again, whole and at the same place, after an error that was no failed sync.
    void commit_again(io::Done<std::uint64_t> done);
    // Marks the file free, durably: its groups are nobody's from then on.
    void release(io::Done<void> done);

    // The last end of each partition's batches in this use.
    const std::unordered_map<WalPartition, Offset, WalPartitionHash>& contents() const { return contents_; }
    // The last group is on the disk: its memory can go.
    void committed() { group_ = {}; }
    // When it was found full; for the age of the oldest.
    MonoTime full_since{};

private:
    void write_group(io::Done<std::uint64_t> done);
    void write_and_sync(std::uint64_t position, bytes::ChunkList data, io::Done<void> done);

    std::unique_ptr<io::File> file_;
    std::uint32_t lane_;
    std::uint64_t sequence_ = 0;
    std::uint64_t room_end_ = 0;
    std::uint64_t position_ = kBlockBytes;
    bool header_written_ = false;
    bytes::ChunkList group_;  // the last one, until it is on the disk
    std::uint64_t group_position_ = 0;
    std::unordered_map<WalPartition, Offset, WalPartitionHash> contents_;
};

}  // namespace moldau::wal
