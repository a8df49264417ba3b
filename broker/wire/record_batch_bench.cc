// What a produced batch costs before it is appended: parsing its header, its checksum, and the whole validation.

#include <benchmark/benchmark.h>

#include <string>

#include "wire/batch_builder.h"
#include "wire/produce_validation.h"
#include "wire/record_reader.h"

namespace moldau::wire {
namespace {

constexpr std::int64_t kNow = 1'760'000'000'000;
constexpr std::size_t kBatchBytes = std::size_t{64} << 10;

bytes::Span span_of(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

// Text that compresses about as much as JSON does.
std::string value_of(std::size_t bytes, int seed) {
    std::string value;
    for (int index = seed; value.size() < bytes; ++index) {
        value += R"({"id":)" + std::to_string(index * 7919 % 100003) + "},";
    }
    value.resize(bytes);
    return value;
}

bytes::View batch_of(std::size_t record_bytes, bytes::Codec codec) {
    BatchOptions options;
    options.codec = codec;
    BatchBuilder builder{options};
    for (int index = 0; builder.size_bytes() + record_bytes < kBatchBytes; ++index) {
        builder.append({.timestamp = kNow + index, .value = span_of(value_of(record_bytes, index))});
    }
    bytes::Compressor compressor;
    return builder.build(compressor).value();
}

void count_bytes(benchmark::State& state, const bytes::View& batch) {
    const auto header = BatchHeader::parse(batch.span()).value();
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kBatchBytes));
    state.SetItemsProcessed(state.iterations() * header.record_count);
}

void parse_header(benchmark::State& state) {
    const auto batch = batch_of(100, bytes::Codec::kNone);
    for (auto _ : state) benchmark::DoNotOptimize(BatchHeader::parse(batch.span()));
}
BENCHMARK(parse_header);

void verify_crc(benchmark::State& state) {
    const auto batch = batch_of(100, bytes::Codec::kNone);
    const auto found = first_batch(batch.span()).value();
    for (auto _ : state) benchmark::DoNotOptimize(found.has_valid_crc());
    count_bytes(state, batch);
}
BENCHMARK(verify_crc);

// Arguments: bytes of a record, codec.
void validate(benchmark::State& state) {
    const auto codec = static_cast<bytes::Codec>(state.range(1));
    const auto batch = batch_of(static_cast<std::size_t>(state.range(0)), codec);
    ProduceValidator validator;
    ValidationOptions options;
    options.now = from_timestamp(kNow);
    for (auto _ : state) {
        const auto result = validator.validate_for_append(batch, options);
        CHECK(result.has_value());
        benchmark::DoNotOptimize(result->header.crc);
    }
    count_bytes(state, batch);
    state.SetLabel(std::string{bytes::codec_name(codec)});
}
BENCHMARK(validate)->ArgsProduct({{100, 1024}, {0, 1, 2, 3, 4}});

void validate_one_record(benchmark::State& state) {
    BatchBuilder builder{{}};
    builder.append({.timestamp = kNow, .value = span_of(value_of(100, 1))});
    const auto batch = builder.build_plain().value();
    ProduceValidator validator;
    ValidationOptions options;
    options.now = from_timestamp(kNow);
    for (auto _ : state) {
        const auto result = validator.validate_for_append(batch, options);
        benchmark::DoNotOptimize(result->stamped(Offset{1}, LeaderEpoch{1}));
    }
}
BENCHMARK(validate_one_record);

void validate_with_log_append_time(benchmark::State& state) {
    const auto batch = batch_of(100, bytes::Codec::kNone);
    ProduceValidator validator;
    ValidationOptions options;
    options.now = from_timestamp(kNow);
    options.timestamp_type = TimestampType::kLogAppendTime;
    for (auto _ : state) benchmark::DoNotOptimize(validator.validate_for_append(batch, options));
    count_bytes(state, batch);
}
BENCHMARK(validate_with_log_append_time);

}  // namespace
}  // namespace moldau::wire
