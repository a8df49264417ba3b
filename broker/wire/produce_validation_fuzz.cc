// The first byte chooses the topic's settings, the rest is a batch whose length and checksum are made to fit, so that
// the fuzzer reaches the records. What is accepted must be readable to its end, with the settings kept.

#include <algorithm>
#include <optional>

#include "bytes/endian.h"
#include "wire/produce_validation.h"
#include "wire/record_reader.h"

namespace {

using namespace moldau;
using namespace moldau::wire;

constexpr std::size_t kBytesMax = std::size_t{1} << 20;

ValidationOptions options_from(std::uint8_t choice) {
    ValidationOptions options;
    options.now = from_timestamp(1'760'000'000'000);
    if (choice & 1) options.timestamp_type = TimestampType::kLogAppendTime;
    if (choice & 2) options.is_compacted = true;
    if (choice & 4) options.timestamp_after_max_ms = options.timestamp_before_max_ms = 86'400'000'000;
    if (choice & 8) options.origin = BatchOrigin::kCoordinator;
    if (choice & 16) options.record_bytes_max = 1000;
    options.codec = bytes::codec_from_number((choice >> 5) - 1);
    options.inflated_bytes_max = options.recompress_bytes_max = kBytesMax;
    return options;
}

bytes::View made_to_fit(bytes::Span in) {
    bytes::Buffer buffer{in.size()};
    buffer.append(in);
    std::uint8_t* data = buffer.data();
    bytes::store_be(data + batch_field::kLength, static_cast<std::int32_t>(in.size() - kBatchLengthOverhead));
    bytes::store_be(data + batch_field::kMagic, kBatchMagic);
    bytes::store_be(data + batch_field::kCrc, batch_crc(in.first(kBatchHeaderBytes), in.subspan(kBatchHeaderBytes)));
    return buffer.view();
}

void check_accepted(const ValidatedBatch& batch, const ValidationOptions& options, bytes::Codecs& codecs) {
    const auto stored = batch.stamped(Offset{1000}, LeaderEpoch{3}).flatten();
    const auto found = first_batch(stored.span()).value();
    CHECK(found.bytes.size() == stored.size());
    CHECK(stored.size() == batch.size_bytes());
    CHECK(stored.size() <= options.batch_bytes_max);
    CHECK(found.has_valid_crc());
    const auto records = inflate_records(stored, found.header, codecs.decompressor, kBytesMax);
    CHECK(records.has_value());
    RecordReader reader{records->span(), found.header.record_count};
    std::int32_t index = 0;
    std::int64_t max_timestamp = kNoTimestamp;
    while (const auto record = reader.next().value()) {
        CHECK(record->offset_delta == index++);
        CHECK(record->key.has_value() || !options.is_compacted);
        max_timestamp = std::max(max_timestamp, record_timestamp(found.header, *record));
    }
    CHECK(index == found.header.record_count);
    CHECK(max_timestamp == found.header.max_timestamp);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const auto options = options_from(data[0]);
    const bytes::Span in{data + 1, size - 1};
    ProduceValidator validator;
    (void)validator.validate_for_append(bytes::View::copy_of(in), options);
    if (in.size() < kBatchHeaderBytes) return 0;
    const auto batch = validator.validate_for_append(made_to_fit(in), options);
    if (batch) check_accepted(*batch, options, validator.codecs());
    return 0;
}
