// Writing and reading the bytes of write-ahead files.

#include "wal/wal_format.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "bytes/crc32c.h"
#include "bytes/endian.h"

namespace moldau::wal {

namespace {

using bytes::load_be;
using bytes::store_be;

constexpr std::string_view kFileMagic = "MOLDWAL\n";
constexpr std::string_view kGroupMagic = "MGRP";
constexpr std::size_t kFileHeadBytes = 28;
constexpr std::size_t kCrcPosition = 4;
constexpr std::size_t kCrcFrom = 8;
constexpr std::array<std::uint8_t, 64 << 10> kZeros{};

void put_entry_head(std::uint8_t* to, const Entry& entry) {
    std::memset(to, 0, kEntryHeadBytes);
    to[0] = static_cast<std::uint8_t>(entry.type);
    store_be(to + 4, entry.partition.partition.value);
    std::memcpy(to + 8, entry.partition.topic.value.bytes.data(), 16);
    store_be(to + 24, entry.base.value);
    store_be(to + 32, entry.end.value);
    store_be(to + 40, static_cast<std::uint32_t>(entry.batch.size()));
}

enum class HeaderState { kValid, kBlank, kDamaged, kNewer };

HeaderState read_file_header(bytes::Span block, FileHeader& header) {
    const std::string_view magic{reinterpret_cast<const char*>(block.data()), kFileMagic.size()};
    if (std::memcmp(block.data(), kZeros.data(), kFileHeadBytes) == 0) return HeaderState::kBlank;
    if (magic != kFileMagic) return HeaderState::kDamaged;
    if (bytes::crc32c(block.first(kFileHeadBytes - 4)) != load_be<std::uint32_t>(block.data() + 24))
        return HeaderState::kDamaged;
    if (load_be<std::uint16_t>(block.data() + 8) > kFormatVersion) return HeaderState::kNewer;
    header.lane = load_be<std::uint32_t>(block.data() + 12);
    header.sequence = load_be<std::uint64_t>(block.data() + 16);
    return HeaderState::kValid;
}

struct GroupHead {
    std::uint64_t sequence = 0;
    std::uint64_t number = 0;
    std::size_t bytes = 0;
    std::size_t count = 0;
};

// The whole, intact group at `position`, of whatever file; nullopt otherwise.
std::optional<GroupHead> whole_group_at(bytes::Span content, std::size_t position) {
    const auto rest = content.subspan(position);
    if (rest.size() < kGroupHeadBytes || std::memcmp(rest.data(), kGroupMagic.data(), kGroupMagic.size()) != 0)
        return std::nullopt;
    if (load_be<std::uint64_t>(rest.data() + 24) != position) return std::nullopt;
    const GroupHead head{.sequence = load_be<std::uint64_t>(rest.data() + 8),
                         .number = load_be<std::uint64_t>(rest.data() + 16),
                         .bytes = load_be<std::uint32_t>(rest.data() + 32),
                         .count = load_be<std::uint32_t>(rest.data() + 36)};
    if (head.bytes > rest.size() || head.bytes < kGroupHeadBytes || head.sequence == 0 || head.number == 0)
        return std::nullopt;
    if (head.count == 0 || head.count > (head.bytes - kGroupHeadBytes) / kEntryHeadBytes) return std::nullopt;
    if (bytes::crc32c(rest.subspan(kCrcFrom, head.bytes - kCrcFrom)) != load_be<std::uint32_t>(rest.data() + kCrcPosition)) {
        return std::nullopt;
    }
    return head;
}

// Reads the entries of the intact group at `position`. False when they contradict each other: a checksum does not stop a
// liar.
bool read_entries(const bytes::View& content, std::size_t position, const GroupHead& head,
                  std::vector<ParsedEntry>& entries) {
    const std::uint8_t* at = content.data() + position + kGroupHeadBytes;
    std::size_t payload = position + kGroupHeadBytes + head.count * kEntryHeadBytes;
    const std::size_t end = position + head.bytes;
    const std::size_t entries_before = entries.size();
    for (std::size_t index = 0; index < head.count; ++index, at += kEntryHeadBytes) {
        const std::size_t size = load_be<std::uint32_t>(at + 40);
        const auto type = static_cast<EntryType>(at[0]);
        ParsedEntry entry{.type = type,
                          .partition = {.topic = {}, .partition = PartitionIndex{load_be<std::int32_t>(at + 4)}},
                          .base = Offset{load_be<std::int64_t>(at + 24)},
                          .end = Offset{load_be<std::int64_t>(at + 32)},
                          .batch = {}};
        const bool plausible = (type == EntryType::kBatch && size > 0 && entry.base < entry.end) ||
                               (type == EntryType::kTruncation && size == 0 && entry.base == entry.end);
        if (!plausible || entry.base < Offset{0} || size > end - payload) {
            entries.resize(entries_before);
            return false;
        }
        std::memcpy(entry.partition.topic.value.bytes.data(), at + 8, 16);
        entry.batch = content.slice(payload, size);
        payload += size;
        entries.push_back(std::move(entry));
    }
    return true;
}

// The first intact group of `sequence` on a block from `position` on: only damage can put one behind a broken group.
std::optional<std::size_t> later_group(bytes::Span content, std::size_t position, const FileHeader& header,
                                       std::uint64_t after) {
    for (; position + kGroupHeadBytes <= content.size(); position += kBlockBytes) {
        const auto* at = content.data() + position;
        if (std::memcmp(at, kGroupMagic.data(), kGroupMagic.size()) != 0) continue;
        if (load_be<std::uint64_t>(at + 8) != header.sequence || load_be<std::uint64_t>(at + 16) <= after) continue;
        if (whole_group_at(content, position)) return position;
    }
    return std::nullopt;
}

// Groups in a row from the first block on.
void read_groups(const bytes::View& content, ParsedFile& file) {
    while (file.end_position < content.size()) {
        const auto position = static_cast<std::size_t>(file.end_position);
        const auto head = whole_group_at(content.span(), position);
        if (!head || head->sequence != file.header.sequence) break;
        if (file.last_group != 0 && head->number != file.last_group + 1) break;
        if (!read_entries(content, position, *head, file.entries)) {
            file.damage = "a group's entries contradict its length, at " + std::to_string(position);
            return;
        }
        if (file.first_group == 0) file.first_group = head->number;
        file.last_group = head->number;
        file.end_position = position + round_to_block(head->bytes);
    }
    const auto broken = static_cast<std::size_t>(file.end_position);
    if (broken >= content.size()) return;
    if (const auto found = later_group(content.span(), broken + kBlockBytes, file.header, file.last_group)) {
        file.damage = "a broken group at " + std::to_string(broken) + " before a whole one at " + std::to_string(*found);
    }
}

}  // namespace

bytes::View encode_file_header(const FileHeader& header) {
    bytes::Buffer block{kBlockBytes};
    std::uint8_t* to = block.data();
    std::memset(to, 0, kBlockBytes);
    std::memcpy(to, kFileMagic.data(), kFileMagic.size());
    store_be(to + 8, kFormatVersion);
    store_be(to + 12, header.lane);
    store_be(to + 16, header.sequence);
    store_be(to + 24, bytes::crc32c({to, kFileHeadBytes - 4}));
    block.commit(kBlockBytes);
    return block.view();
}

void append_zeros(bytes::ChunkList& list, std::size_t count) {
    while (count > 0) {
        const auto part = std::min(count, kZeros.size());
        list.append(bytes::View::of_static(bytes::Span{kZeros}.first(part)));
        count -= part;
    }
}

bytes::ChunkList encode_group(const GroupPlace& place, const std::vector<Entry>& entries) {
    const std::size_t head_bytes = kGroupHeadBytes + entries.size() * kEntryHeadBytes;
    bytes::Buffer heads{head_bytes};
    std::uint8_t* to = heads.data();
    std::size_t group_bytes = head_bytes;
    for (std::size_t index = 0; index < entries.size(); ++index) {
        put_entry_head(to + kGroupHeadBytes + index * kEntryHeadBytes, entries[index]);
        group_bytes += entries[index].batch.size();
    }
    std::memcpy(to, kGroupMagic.data(), kGroupMagic.size());
    store_be(to + 8, place.sequence);
    store_be(to + 16, place.number);
    store_be(to + 24, place.position);
    store_be(to + 32, static_cast<std::uint32_t>(group_bytes));
    store_be(to + 36, static_cast<std::uint32_t>(entries.size()));
    std::uint32_t crc = bytes::crc32c({to + kCrcFrom, head_bytes - kCrcFrom});
    for (const auto& entry : entries) crc = bytes::crc32c(entry.batch, crc);
    store_be(to + kCrcPosition, crc);
    heads.commit(head_bytes);

    bytes::ChunkList group{heads.view()};
    for (const auto& entry : entries) group.append(entry.batch);
    append_zeros(group, static_cast<std::size_t>(round_to_block(group_bytes) - group_bytes));
    return group;
}

Result<ParsedFile> parse_file(const bytes::View& content) {
    ParsedFile file;
    file.end_position = kBlockBytes;
    if (content.size() < kBlockBytes) return file;
    const auto state = read_file_header(content.span(), file.header);
    if (state == HeaderState::kNewer) return fail(Errc::kNewerFormat, "write-ahead file");
    if (state == HeaderState::kBlank) return file;
    if (state == HeaderState::kDamaged) {
        // One sector holds the header, so a crash does not tear it: the groups behind it still say whose they are.
        const auto first = content.size() > kBlockBytes ? whole_group_at(content.span(), kBlockBytes) : std::nullopt;
        if (!first) return file;
        file.header.sequence = first->sequence;
        file.damage = "a broken file header before whole groups";
        const auto header_damage = file.damage;
        read_groups(content, file);
        if (!file.damage) file.damage = header_damage;
        return file;
    }
    if (file.header.sequence != 0) read_groups(content, file);
    return file;
}

}  // namespace moldau::wal
