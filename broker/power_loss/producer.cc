// Batches, requests, answers.

#include "power_loss/producer.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "wire/batch_builder.h"
#include "wire/init_producer_id.h"

namespace moldau::power_loss {
namespace {

constexpr std::size_t kUnderWayMax = 5;
constexpr std::size_t kPartsMax = 3;
constexpr std::size_t kKeys = 12;

bytes::View encoded(const SentBatch& batch) {
    wire::BatchOptions options;
    options.codec = batch.codec;
    options.producer_id = batch.producer_id;
    options.producer_epoch = batch.producer_epoch;
    options.base_sequence = batch.base_sequence;
    wire::BatchBuilder builder{options};
    const auto span = [](const std::optional<std::string>& text) -> std::optional<bytes::Span> {
        if (!text) return std::nullopt;
        return bytes::Span{reinterpret_cast<const std::uint8_t*>(text->data()), text->size()};
    };
    for (const auto& record : batch.records)
        builder.append({.timestamp = record.timestamp, .key = span(record.key), .value = span(record.value)});
    bytes::Compressor compressor;
    auto built = builder.build(compressor);
    CHECK(built.has_value());
    return *std::move(built);
}

}  // namespace

Producer::Producer(Options options, std::vector<History*> targets, sim::Random random, Verdict& verdict)
    : options_(options), random_(random), verdict_(verdict) {
    for (auto* history : targets) lanes_.push_back({.history = history, .waiting = {}});
}

void Producer::process_ended() {
    asks_for_id_ = false;
    for (auto& lane : lanes_) {
        lane.sent = 0;
        if (options_.kind == Kind::kPlain) lane.waiting.clear();
        for (auto* batch : lane.waiting) batch->was_repeated = true;
    }
}

bool Producer::knows_its_id(Process& process) {
    if (options_.kind == Kind::kPlain || id_ != kNoProducerId) return true;
    if (std::exchange(asks_for_id_, true)) return false;
    wire::InitProducerIdRequest request;
    request.transactional_id = std::nullopt;
    process.ask<wire::InitProducerIdResponse>(request, 4, [this](const wire::InitProducerIdResponse& response) {
        asks_for_id_ = false;
        if (response.error_code != 0) return;
        id_ = ProducerId{response.producer_id};
        epoch_ = ProducerEpoch{response.producer_epoch};
    });
    return false;
}

void Producer::step(Process& process) {
    if (!knows_its_id(process)) return;
    wire::ProduceRequest request;
    request.acks = random_.chance(50) ? std::int16_t{1} : std::int16_t{-1};
    request.timeout_ms = 30'000;
    std::vector<Part> parts;
    for (std::size_t count = random_.between(1, kPartsMax); count > 0; --count) {
        auto& lane = lanes_[random_.below(lanes_.size())];
        const bool is_in = std::ranges::any_of(parts, [&](const Part& part) { return part.lane == &lane; });
        auto* batch = is_in ? nullptr : next_batch(lane);
        if (batch == nullptr) continue;
        ++lane.sent;
        parts.push_back({&lane, batch});
        auto& topic = request.topic_data.emplace_back();
        topic.name = lane.history->plan().name;
        auto& partition = topic.partition_data.emplace_back();
        partition.index = lane.history->index().value;
        partition.records.emplace().append(encoded(*batch));
    }
    if (parts.empty()) return;
    process.ask<wire::ProduceResponse>(
        request, 9, [this, &process, parts](const wire::ProduceResponse& response) { heard(process, parts, response); });
}

SentBatch* Producer::next_batch(Lane& lane) {
    if (lane.sent < lane.waiting.size()) return lane.waiting[lane.sent];
    const std::size_t most = options_.kind == Kind::kPlain ? 1 : kUnderWayMax;
    return lane.waiting.size() < most ? &new_batch(lane) : nullptr;
}

SentBatch& Producer::new_batch(Lane& lane) {
    std::vector<SentRecord> records;
    const std::size_t count = random_.between(1, 6);
    const bool is_big = random_.chance(8);
    const std::size_t value_bytes = is_big ? options_.big_batch_bytes / count + 200 : random_.between(10, 250);
    for (std::size_t place = 0; place < count; ++place) records.push_back(new_record(*lane.history, place, value_bytes));
    auto& batch = lane.history->send(std::move(records));
    verdict_.counts.records_sent += count;
    batch.producer = options_.number;
    if (random_.chance(20)) batch.codec = random_.chance(50) ? bytes::Codec::kLz4 : bytes::Codec::kZstd;
    if (options_.kind == Kind::kIdempotent) {
        batch.may_be_repeated = true;
        batch.producer_id = id_;
        batch.producer_epoch = epoch_;
        batch.base_sequence = lane.next_sequence;
        lane.next_sequence += static_cast<std::int32_t>(count);
    }
    lane.waiting.push_back(&batch);
    return batch;
}

SentRecord Producer::new_record(const History& history, std::size_t place, std::size_t value_bytes) {
    SentRecord record;
    record.timestamp = history.next_timestamp() + static_cast<std::int64_t>(place);
    const bool is_compacted = history.plan().is_compacted;
    if (is_compacted || random_.chance(30)) record.key = "key-" + std::to_string(random_.below(kKeys));
    if (is_compacted && random_.chance(15)) return record;  // a tombstone
    std::string value = history.name() + '@' + std::to_string(record.timestamp) + ':';
    while (value.size() < value_bytes) value += static_cast<char>('a' + random_.below(26));
    record.value = std::move(value);
    return record;
}

void Producer::heard(Process& process, const std::vector<Part>& parts, const wire::ProduceResponse& response) {
    for (std::size_t place = 0; place < parts.size(); ++place)
        answered(parts[place], response.responses.at(place).partition_responses.at(0), process);
}

// After a restart a snapshot knows a producer's last batch only, as in Kafka; those before it are found in the log, unless
// they were deleted. A repeat of one of them then looks like a step back.
bool is_forgotten_repeat(const TopicPlan& plan, const SentBatch& batch,
                         const wire::ProduceResponse::PartitionProduceResponse& answer) {
    if (!plan.expires && !plan.may_be_cut_short) return false;
    const std::string text = answer.error_message.value_or("");
    const auto expected = text.rfind("expected ");
    return expected != std::string::npos && batch.base_sequence < std::atoi(text.c_str() + expected + 9);
}

void Producer::answered(const Part& part, const wire::ProduceResponse::PartitionProduceResponse& answer, Process& process) {
    auto& lane = *part.lane;
    const auto place = std::ranges::find(lane.waiting, part.batch);
    const bool is_waiting = place != lane.waiting.end();
    const Errc error{answer.error_code};
    if (error == Errc::kNone) {
        lane.history->acknowledge(*part.batch, Offset{answer.base_offset}, process.now(), verdict_);
        if (is_waiting) {
            lane.waiting.erase(place);
            --lane.sent;
        }
        return;
    }
    if (process.is_stopping() || process.has_crashed()) return;
    if (!is_waiting) return;  // of an earlier id, given up already
    const bool may_be_out_of_order =
        lane.history->bereaved.contains(options_.number) || is_forgotten_repeat(lane.history->plan(), *part.batch, answer);
    if (error == Errc::kOutOfOrderSequenceNumber && may_be_out_of_order) return start_anew();
    verdict_.violate("refused", lane.history->name() + ": producer " + std::to_string(options_.number) + " got " +
                                    std::string{errc_name(error)} + " for sequence " +
                                    std::to_string(part.batch->base_sequence) + ' ' + answer.error_message.value_or(""));
}

// As a client whose sequences do not fit any more: a new id, and what was not answered is given up.
void Producer::start_anew() {
    id_ = kNoProducerId;
    for (auto& lane : lanes_) {
        for (auto* batch : lane.waiting) batch->may_be_repeated = false;
        lane.waiting.clear();
        lane.sent = 0;
        lane.next_sequence = 0;
        lane.history->bereaved.erase(options_.number);
    }
}

}  // namespace moldau::power_loss
