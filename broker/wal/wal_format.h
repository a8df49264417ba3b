// The bytes of a write-ahead file: a header block, then groups, each one commit.
//
// The problem: a recycled file is full of old entries that look whole, a power loss tears the last write anywhere, and
// neither may be taken for what was committed. The idea: every group starts on a block of its own and carries the file's
// sequence number (new each time the file is used), its own number and position under one checksum; so an old, misplaced or
// torn group is never valid. A group is written only after the one before is on the disk: a whole group behind a broken one
// is proof of damage, not of a crash.
//
//   file   := header padding-to-4096 group*
//   header := magic "MOLDWAL\n"  version:u16  zero:u16  lane:u32  sequence:u64  crc32c:u32 (of the 24 bytes before)
//   group  := magic "MGRP"  crc32c:u32 (of all that follows, padding excluded)  sequence:u64  number:u64  position:u64
//             bytes:u32 (whole group without padding)  count:u32  entry{count}  payload{count}  padding-to-4096
//   entry  := type:u8 (1 batch, 2 truncation)  zero:u8[3]  partition:i32  topic:u8[16]  base:i64  end:i64  bytes:u32
//
// All integers are big-endian. docs/formats/write-ahead-log.md has a worked example. Place: pure; the file layer is
// wal_file.h.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "bytes/buffer.h"
#include "wal/write_ahead_log.h"

namespace moldau::wal {

inline constexpr std::size_t kBlockBytes = 4096;
inline constexpr std::uint16_t kFormatVersion = 1;
inline constexpr std::size_t kGroupHeadBytes = 40;
inline constexpr std::size_t kEntryHeadBytes = 44;
// One group: so much is gathered into one write, unless a single entry is longer.
inline constexpr std::size_t kGroupBytesTarget = 4 << 20;
inline constexpr std::size_t kGroupEntriesMax = 16'384;

constexpr std::uint64_t round_to_block(std::uint64_t bytes) { return (bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes; }

// A file whose sequence is 0 is free: what follows its header is no one's.
struct FileHeader {
    std::uint64_t sequence = 0;
    std::uint32_t lane = 0;
};

enum class EntryType : std::uint8_t { kBatch = 1, kTruncation = 2 };

struct Entry {
    EntryType type = EntryType::kBatch;
    WalPartition partition;
    Offset base;
    Offset end;
    bytes::ChunkList batch;
};

struct GroupPlace {
    std::uint64_t sequence = 0;
    std::uint64_t number = 0;
    std::uint64_t position = 0;
};

// One block.
bytes::View encode_file_header(const FileHeader& header);
// Whole blocks: head and entry heads in one new buffer, payloads as they are, padding.
bytes::ChunkList encode_group(const GroupPlace& place, const std::vector<Entry>& entries);
// `count` zeros, for padding and prewriting; nothing is allocated.
void append_zeros(bytes::ChunkList& list, std::size_t count);

struct ParsedEntry {
    EntryType type = EntryType::kBatch;
    WalPartition partition;
    Offset base;
    Offset end;
    bytes::View batch;
};

struct ParsedFile {
    FileHeader header;
    std::vector<ParsedEntry> entries;
    std::uint64_t first_group = 0;  // 0 when there is none
    std::uint64_t last_group = 0;
    std::uint64_t end_position = 0;
    std::optional<std::string> damage;  // what, and at which position
};

// Takes whole groups from the start; entries are views into `content`. An end that is torn, blank or old is no fault. A
// broken header before whole groups, or a broken group before a whole one, is damage; what was read up to it stays. Errors:
// kNewerFormat.
Result<ParsedFile> parse_file(const bytes::View& content);

}  // namespace moldau::wal
