// Bytes of a producer snapshot.

#include "producers/producer_snapshot.h"

#include <string>

#include "bytes/crc32c.h"
#include "bytes/endian.h"

namespace moldau::producers {

namespace {

constexpr std::int16_t kVersion = 1;
constexpr std::size_t kCrcAt = 2;
constexpr std::size_t kCountAt = 6;
constexpr std::size_t kHeaderBytes = 10;
constexpr std::size_t kEntryBytes = 46;

void encode_entry(std::uint8_t* out, const ProducerEntry& entry) {
    bytes::store_be(out, entry.id.value);
    bytes::store_be(out + 8, entry.epoch.value);
    bytes::store_be(out + 10, entry.last_sequence);
    bytes::store_be(out + 14, entry.last_offset.value);
    bytes::store_be(out + 22, entry.offset_delta);
    bytes::store_be(out + 26, entry.timestamp);
    bytes::store_be(out + 34, entry.coordinator_epoch);
    bytes::store_be(out + 38, entry.transaction_first_offset.value);
}

ProducerEntry decode_entry(const std::uint8_t* in) {
    return {.id = ProducerId{bytes::load_be<std::int64_t>(in)},
            .epoch = ProducerEpoch{bytes::load_be<std::int16_t>(in + 8)},
            .last_sequence = bytes::load_be<std::int32_t>(in + 10),
            .last_offset = Offset{bytes::load_be<std::int64_t>(in + 14)},
            .offset_delta = bytes::load_be<std::int32_t>(in + 22),
            .timestamp = bytes::load_be<std::int64_t>(in + 26),
            .coordinator_epoch = bytes::load_be<std::int32_t>(in + 34),
            .transaction_first_offset = Offset{bytes::load_be<std::int64_t>(in + 38)}};
}

bool is_plausible(const ProducerEntry& entry) {
    return entry.id >= ProducerId{0} && entry.epoch >= ProducerEpoch{0} && entry.last_sequence >= -1 &&
           entry.offset_delta >= 0 && entry.last_offset >= Offset{-1} && entry.offset_delta <= entry.last_offset.value + 1 &&
           entry.transaction_first_offset >= Offset{-1};
}

}  // namespace

bytes::View encode_producer_snapshot(const std::vector<ProducerEntry>& entries) {
    bytes::Buffer buffer{kHeaderBytes + entries.size() * kEntryBytes};
    std::uint8_t* out = buffer.data();
    bytes::store_be(out, kVersion);
    bytes::store_be(out + kCountAt, static_cast<std::int32_t>(entries.size()));
    for (std::size_t index = 0; index < entries.size(); ++index) {
        encode_entry(out + kHeaderBytes + index * kEntryBytes, entries[index]);
    }
    buffer.commit(kHeaderBytes + entries.size() * kEntryBytes);
    bytes::store_be(out + kCrcAt, bytes::crc32c(buffer.view().slice(kCountAt).span()));
    return buffer.view();
}

Result<std::vector<ProducerEntry>> decode_producer_snapshot(bytes::Span file) {
    if (file.size() < kHeaderBytes)
        return fail(Errc::kCorrupt, "producer snapshot of " + std::to_string(file.size()) + " bytes");
    const auto version = bytes::load_be<std::int16_t>(file.data());
    if (version > kVersion) return fail(Errc::kNewerFormat, "producer snapshot version " + std::to_string(version));
    if (version != kVersion) return fail(Errc::kCorrupt, "producer snapshot version " + std::to_string(version));
    if (bytes::crc32c(file.subspan(kCountAt)) != bytes::load_be<std::uint32_t>(file.data() + kCrcAt)) {
        return fail(Errc::kCorrupt, "producer snapshot fails its checksum");
    }
    const auto count = bytes::load_be<std::uint32_t>(file.data() + kCountAt);
    if (file.size() - kHeaderBytes != std::uint64_t{count} * kEntryBytes) {
        return fail(Errc::kCorrupt, "producer snapshot of " + std::to_string(count) + " entries has another length");
    }
    std::vector<ProducerEntry> entries;
    entries.reserve(count);
    for (std::uint32_t index = 0; index < count; ++index) {
        entries.push_back(decode_entry(file.data() + kHeaderBytes + index * kEntryBytes));
        if (!is_plausible(entries.back())) {
            return fail(Errc::kCorrupt, "producer snapshot entry " + std::to_string(index) + " is implausible");
        }
    }
    return entries;
}

}  // namespace moldau::producers
