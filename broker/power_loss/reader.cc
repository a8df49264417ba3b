// From fetch answers to records.

#include "power_loss/reader.h"

#include <algorithm>
#include <utility>

#include "wire/list_offsets.h"
#include "wire/record_batch.h"
#include "wire/record_reader.h"

namespace moldau::power_loss {
namespace {

constexpr std::size_t kInflatedMax = 64 << 20;

std::optional<std::string> text_of(const std::optional<bytes::Span>& bytes) {
    if (!bytes) return std::nullopt;
    return std::string{reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

Result<void> add_batch(const bytes::View& batch, const wire::BatchHeader& header, Offset from, Found& found) {
    found.next = std::max(found.next, header.next_offset());
    bytes::Decompressor decompressor;
    MOLDAU_TRY_ASSIGN(records, wire::inflate_records(batch, header, decompressor, kInflatedMax));
    wire::RecordReader reader{records.span(), header.record_count};
    for (;;) {
        MOLDAU_TRY_ASSIGN(record, reader.next());
        if (!record) return {};
        const Offset offset = header.base_offset + record->offset_delta;
        if (offset < from) continue;
        found.records.push_back(
            {offset, wire::record_timestamp(header, *record), text_of(record->key), text_of(record->value)});
    }
}

Result<void> add_batches(const bytes::View& all, Offset from, Found& found) {
    for (std::size_t at = 0; at < all.size();) {
        MOLDAU_TRY_ASSIGN(batch, wire::first_batch(all.slice(at).span()));
        if (!batch.has_valid_crc()) return fail(Errc::kCorruptMessage, "a checksum does not hold");
        MOLDAU_TRY(add_batch(all.slice(at, batch.header.size_bytes()), batch.header, from, found));
        at += batch.header.size_bytes();
    }
    return {};
}

}  // namespace

wire::FetchRequest fetch_request(const History& history, Offset from) {
    wire::FetchRequest request;
    request.max_bytes = 1 << 20;
    auto& topic = request.topics.emplace_back();
    topic.topic = history.plan().name;
    auto& partition = topic.partitions.emplace_back();
    partition.partition = history.index().value;
    partition.fetch_offset = from.value;
    partition.partition_max_bytes = 1 << 20;
    return request;
}

Found found_in(const wire::FetchResponse& response, Offset from, Verdict& verdict) {
    Found found;
    found.next = from;
    found.error = Errc{response.error_code};
    if (found.error != Errc::kNone) return found;
    const auto& partition = response.responses.at(0).partitions.at(0);
    found.error = Errc{partition.error_code};
    found.start = Offset{partition.log_start_offset};
    found.end = Offset{partition.high_watermark};
    if (found.error != Errc::kNone || !partition.records) return found;
    const auto added = add_batches(partition.records->flatten(), from, found);
    if (!added) verdict.violate("contents", "fetched records cannot be read: " + added.error().to_string());
    return found;
}

std::optional<Offset> start_of(Process& process, const History& history, Verdict& verdict) {
    constexpr std::int64_t kEarliest = -2;
    wire::ListOffsetsRequest request;
    request.replica_id = -1;
    auto& topic = request.topics.emplace_back();
    topic.name = history.plan().name;
    auto& partition = topic.partitions.emplace_back();
    partition.partition_index = history.index().value;
    partition.timestamp = kEarliest;
    const auto response = process.ask_and_wait<wire::ListOffsetsResponse>(request, 7);
    if (!response) return std::nullopt;
    const auto& answer = response->topics.at(0).partitions.at(0);
    if (answer.error_code == 0) return Offset{answer.offset};
    verdict.violate("readable", history.name() + ": its start: " + std::string{errc_name(Errc{answer.error_code})});
    return std::nullopt;
}

std::optional<Found> read_all(Process& process, const History& history, Verdict& verdict) {
    Found all;
    const auto start = start_of(process, history, verdict);
    if (!start) return std::nullopt;
    all.start = all.next = *start;
    while (verdict.holds()) {
        const auto response = process.ask_and_wait<wire::FetchResponse>(fetch_request(history, all.next), kFetchVersion);
        if (!response) return std::nullopt;
        auto part = found_in(*response, all.next, verdict);
        if (part.error != Errc::kNone) {
            verdict.violate("readable", history.name() + " at " + std::to_string(all.next.value) + ": " +
                                            std::string{errc_name(part.error)});
            break;
        }
        all.end = part.end;
        std::ranges::move(part.records, std::back_inserter(all.records));
        if (part.next >= part.end) return all;
        if (part.next == all.next) {
            verdict.violate("readable", history.name() + ": nothing at " + std::to_string(all.next.value) + " below " +
                                            std::to_string(part.end.value));
        }
        all.next = part.next;
    }
    return std::nullopt;
}

}  // namespace moldau::power_loss
