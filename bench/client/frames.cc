// Messages of the wire module, framed.

#include "frames.h"

#include <algorithm>
#include <chrono>

#include "base/check.h"
#include "bytes/endian.h"
#include "text.h"
#include "wire/batch_builder.h"
#include "wire/fetch.h"
#include "wire/frame.h"
#include "wire/produce.h"
#include "wire/record_batch.h"

namespace moldau::bench {

namespace {

constexpr std::int16_t kProduceVersion = 7, kFetchVersion = 4;
constexpr std::int32_t kTimeoutMs = 30'000;
constexpr std::int32_t kFetchWaitMs = 500, kFetchBytes = 50 << 20, kPartitionBytes = 1 << 20;

// Older records would be deleted before they are read.
std::int64_t now_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

bytes::View make_batch(const FrameOptions& options) {
    wire::BatchBuilder builder{{.codec = options.codec}};
    const auto text = make_text(options.record_bytes + options.records * kTextStep);
    const auto timestamp = now_ms();
    for (std::size_t index = 0; index < options.records; ++index) {
        const auto* begin = reinterpret_cast<const std::uint8_t*>(text.data()) + index * kTextStep;
        builder.append({.timestamp = timestamp, .key = std::nullopt, .value = bytes::Span{begin, options.record_bytes}});
    }
    bytes::Compressor compressor;
    auto batch = builder.build(compressor);
    CHECK(batch.has_value());
    return *std::move(batch);
}

template <class Message>
wire::RequestHead head_of(std::int16_t version) {
    return {.api = wire::find_api(Message::kApiKey), .version = version, .correlation_id = 1, .client_id = "bench"};
}

std::vector<std::uint8_t> in_one_piece(const Result<bytes::ChunkList>& frame) {
    CHECK(frame.has_value());
    const auto whole = frame->flatten();
    return {whole.data(), whole.data() + whole.size()};
}

}  // namespace

std::vector<std::uint8_t> produce_frame(const FrameOptions& options) {
    wire::ProduceRequest request;
    request.acks = options.acks;
    request.timeout_ms = kTimeoutMs;
    auto& topic = request.topic_data.emplace_back();
    topic.name = options.topic;
    topic.partition_data.emplace_back().records = bytes::ChunkList{make_batch(options)};
    return in_one_piece(encode_request(head_of<wire::ProduceRequest>(kProduceVersion), request));
}

std::vector<std::uint8_t> produce_answer(const std::string& topic) {
    wire::ProduceResponse response;
    auto& answered = response.responses.emplace_back();
    answered.name = topic;
    answered.partition_responses.emplace_back().log_start_offset = 0;
    return in_one_piece(encode_response(head_of<wire::ProduceRequest>(kProduceVersion), response));
}

std::optional<std::int16_t> answered_error(bytes::Span answer) {
    constexpr std::size_t kBeforeName = 8, kAfterName = 8;  // correlation and count; count and partition
    if (answer.size() < kBeforeName + sizeof(std::int16_t)) return std::nullopt;
    const auto name = static_cast<std::size_t>(bytes::load_be<std::uint16_t>(answer.data() + kBeforeName));
    const auto at = kBeforeName + sizeof(std::int16_t) + name + kAfterName;
    if (answer.size() < at + sizeof(std::int16_t)) return std::nullopt;
    return bytes::load_be<std::int16_t>(answer.data() + at);
}

std::vector<std::uint8_t> fetch_frame(const std::string& topic, std::int64_t offset) {
    wire::FetchRequest request;
    request.max_wait_ms = kFetchWaitMs;
    request.min_bytes = 1;
    request.max_bytes = kFetchBytes;
    auto& asked = request.topics.emplace_back();
    asked.topic = topic;
    auto& partition = asked.partitions.emplace_back();
    partition.fetch_offset = offset;
    partition.partition_max_bytes = kPartitionBytes;
    return in_one_piece(encode_request(head_of<wire::FetchRequest>(kFetchVersion), request));
}

Result<Fetched> read_fetched(const bytes::View& answer, std::int64_t offset) {
    wire::Decoder in{answer};
    MOLDAU_TRY(wire::read_response_head(in, *wire::find_api(wire::FetchRequest::kApiKey), kFetchVersion));
    MOLDAU_TRY_ASSIGN(response, wire::decode_whole<wire::FetchResponse>(in, kFetchVersion));
    if (response.responses.size() != 1 || response.responses[0].partitions.size() != 1) {
        return fail(Errc::kMalformed, "not the one partition that was asked for");
    }
    const auto& partition = response.responses[0].partitions[0];
    Fetched found{.error = partition.error_code, .records = 0, .next_offset = offset};
    const auto records = partition.records.value_or(bytes::ChunkList{}).flatten();
    auto batches = records.span();
    while (batches.size() >= wire::kBatchHeaderBytes) {
        MOLDAU_TRY_ASSIGN(header, wire::BatchHeader::parse(batches));
        if (batches.size() < header.size_bytes()) break;
        const auto next = header.next_offset().value;
        // The first one may begin before what was asked for.
        found.records += std::min<std::int64_t>(header.record_count, next - offset);
        found.next_offset = next;
        batches = batches.subspan(header.size_bytes());
    }
    return found;
}

}  // namespace moldau::bench
