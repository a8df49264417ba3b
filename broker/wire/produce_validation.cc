// The rules, in the order in which they are cheap: sizes, checksum, header, then one pass over the records.

#include "wire/produce_validation.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "wire/record_reader.h"
#include "wire/record_stream.h"

namespace moldau::wire {

namespace {

constexpr std::size_t kWindowBytes = std::size_t{64} << 10;
constexpr std::size_t kCopiedRecordsMax = 1024;
constexpr std::int16_t kZstdProduceVersion = 7;

using Failure = std::unexpected<ValidationError>;

Failure refuse(Errc code, std::string context) { return Failure{ValidationError{{code, std::move(context)}, {}}}; }
Failure refuse(Error error) { return Failure{ValidationError{std::move(error), {}}}; }

// What all records of a batch must satisfy, and what was found. The hot path is check().
class RecordRules {
public:
    RecordRules(const BatchHeader& header, const ValidationOptions& options)
        : base_timestamp_(header.base_timestamp),
          checks_timestamps_(options.timestamp_type == TimestampType::kCreateTime),
          needs_key_(options.is_compacted) {
        const auto now = to_timestamp(options.now);
        earliest_ = options.timestamp_before_max_ms >= now ? 0 : now - options.timestamp_before_max_ms;
        if (__builtin_add_overflow(now, options.timestamp_after_max_ms, &latest_)) {
            latest_ = std::numeric_limits<std::int64_t>::max();
        }
    }

    void check(const grammar::RecordParts& record, std::int32_t index) {
        std::int64_t timestamp = 0;
        const bool overflows = __builtin_add_overflow(base_timestamp_, record.timestamp_delta, &timestamp);
        const bool in_range = (timestamp >= earliest_ && timestamp <= latest_) || timestamp == kNoTimestamp;
        const bool bad_timestamp = checks_timestamps_ && (overflows || !in_range);
        const bool bad_key = needs_key_ && record.key.length == grammar::kNull;
        if (record.offset_delta != index || bad_timestamp || bad_key) [[unlikely]] {
            report(record, index, overflows ? std::numeric_limits<std::int64_t>::max() : timestamp);
            return;
        }
        max_timestamp_ = std::max(max_timestamp_, timestamp);
    }

    std::int64_t max_timestamp() const { return max_timestamp_; }
    // Nothing when all records passed.
    std::optional<ValidationError> failure() &&;

private:
    void report(const grammar::RecordParts& record, std::int32_t index, std::int64_t timestamp);

    std::int64_t base_timestamp_;
    std::int64_t earliest_ = 0;
    std::int64_t latest_ = 0;
    std::int64_t max_timestamp_ = kNoTimestamp;
    bool checks_timestamps_;
    bool needs_key_;
    std::size_t errors_count_ = 0;
    Errc code_ = Errc::kInvalidRecord;
    std::vector<RecordError> errors_;
};

void RecordRules::report(const grammar::RecordParts& record, std::int32_t index, std::int64_t timestamp) {
    std::string message;
    if (record.offset_delta != index) {
        message = "offset delta is " + std::to_string(record.offset_delta) + ", expected " + std::to_string(index);
    } else if (needs_key_ && record.key.length == grammar::kNull) {
        message = "a compacted topic takes no record without a key";
    } else {
        code_ = Errc::kInvalidTimestamp;
        message = "timestamp " + std::to_string(timestamp) + " is outside [" + std::to_string(earliest_) + ", " +
                  std::to_string(latest_) + "]";
    }
    if (++errors_count_ <= kRecordErrorsMax) errors_.push_back({index, std::move(message)});
}

std::optional<ValidationError> RecordRules::failure() && {
    if (errors_count_ == 0) return std::nullopt;
    auto context = std::to_string(errors_count_) + " records refused; record " + std::to_string(errors_[0].batch_index) +
                   ": " + errors_[0].message;
    return ValidationError{{code_, std::move(context)}, std::move(errors_)};
}

ValidationError invalid(std::string context) { return {{Errc::kInvalidRecord, std::move(context)}, {}}; }

// One pass over records in one piece, each at most `record_bytes_max` long.
std::optional<ValidationError> check_piece(bytes::Span records, const BatchHeader& header, std::size_t record_bytes_max,
                                           RecordRules& rules) {
    grammar::PieceSource source{records};
    grammar::RecordParts record;
    for (std::int32_t index = 0; index < header.record_count; ++index) {
        if (!grammar::read_record(source, record)) [[unlikely]] {
            return invalid("record " + std::to_string(index) + " is malformed");
        }
        if (static_cast<std::size_t>(record.length) > record_bytes_max) [[unlikely]] {
            return invalid("record " + std::to_string(index) + " is of " + std::to_string(record.length) + " bytes");
        }
        rules.check(record, index);
    }
    if (!source.at_end()) return invalid("bytes after the last record");
    return std::nullopt;
}

// A batch that passed its checksum but does not inflate was damaged by its writer: repeating it is of no use.
Error inflate_error(Error error) {
    if (error.code == Errc::kLimitExceeded) error.code = Errc::kMessageTooLarge;
    if (error.code == Errc::kMalformed || error.code == Errc::kCorruptMessage) error.code = Errc::kInvalidRecord;
    return error;
}

// One pass over records as they inflate.
std::optional<ValidationError> check_stream(grammar::StreamSource& source, std::int32_t count, RecordRules& rules) {
    grammar::RecordParts record;
    for (std::int32_t index = 0; index < count; ++index) {
        if (!source.next_record(record)) [[unlikely]] {
            if (source.error()) return ValidationError{inflate_error(*source.error()), {}};
            return invalid("record " + std::to_string(index) + " is malformed");
        }
        rules.check(record, index);
    }
    if (source.at_end()) return std::nullopt;
    if (source.error()) return ValidationError{inflate_error(*source.error()), {}};
    return invalid("bytes after the last record");
}

// The only batch in `records`, with a header and a checksum that hold.
std::expected<BatchSpan, ValidationError> only_batch(bytes::Span records, const ValidationOptions& options) {
    if (records.empty()) return refuse(Errc::kInvalidRecord, "no record batch");
    auto batch = first_batch(records);
    if (!batch) {
        auto error = std::move(batch).error();
        // Cut short or of an old format: Kafka calls neither corrupt.
        if (error.code != Errc::kCorruptMessage) error.code = Errc::kInvalidRecord;
        return refuse(std::move(error));
    }
    if (batch->bytes.size() != records.size()) return refuse(Errc::kInvalidRecord, "more than one record batch");
    if (batch->bytes.size() > options.batch_bytes_max) {
        return refuse(Errc::kMessageTooLarge, "a batch of " + std::to_string(batch->bytes.size()) + " bytes, allowed are " +
                                                  std::to_string(options.batch_bytes_max));
    }
    if (!batch->has_valid_crc()) return refuse(Errc::kCorruptMessage, "the batch fails its checksum");
    return *batch;
}

std::optional<std::string> producer_fault(const BatchHeader& header) {
    const auto producer_id = header.producer_id.value;
    if (producer_id < kNoProducerId.value) return "producer id " + std::to_string(producer_id);
    if (header.producer_id == kNoProducerId) {
        if (header.attributes.is_transactional()) return "transactional without a producer id";
        return std::nullopt;  // clients without a producer id leave anything in the other two fields
    }
    if (header.producer_epoch.value < 0) return "producer epoch " + std::to_string(header.producer_epoch.value);
    if (header.base_sequence < 0 && !header.attributes.is_control()) {
        return "base sequence " + std::to_string(header.base_sequence) + " with a producer id";
    }
    return std::nullopt;
}

std::optional<ValidationError> check_client_header(const BatchHeader& header) {
    if (header.base_offset != Offset{0}) return invalid("base offset " + std::to_string(header.base_offset.value));
    if (header.attributes.is_control()) return invalid("clients may not write control batches");
    if (header.attributes.has_delete_horizon()) return invalid("clients may not set a delete horizon");
    return std::nullopt;
}

std::optional<ValidationError> check_header(const BatchHeader& header, const ValidationOptions& options) {
    const auto codec = header.attributes.codec();
    if (!codec || (*codec == bytes::Codec::kZstd && options.produce_version < kZstdProduceVersion)) {
        const auto number = std::to_string(header.attributes.bits & BatchAttributes::kCodecMask);
        return ValidationError{{Errc::kUnsupportedCompressionType, "codec " + number}, {}};
    }
    if (header.record_count - 1 != header.last_offset_delta) {  // and so not 0: the delta is not negative
        return invalid(std::to_string(header.record_count) + " records, last offset delta " +
                       std::to_string(header.last_offset_delta));
    }
    if (auto fault = producer_fault(header)) return invalid(*std::move(fault));
    if (header.attributes.timestamp_type() == TimestampType::kLogAppendTime) {
        return ValidationError{{Errc::kInvalidTimestamp, "LogAppendTime is the leader's to set"}, {}};
    }
    if (options.origin == BatchOrigin::kClient) return check_client_header(header);
    return std::nullopt;
}

// The header as it will be stored; the checksum is made anew only if a covered field changed.
void write_header(ValidatedBatch& batch, const BatchHeader& before) {
    batch.header.write(batch.header_bytes.data());
    if (batch.header == before) return;
    batch.header.crc = batch_crc(batch.header_bytes, batch.records.span());
    batch.header.write(batch.header_bytes.data());
}

void set_timestamps(BatchHeader& header, const ValidationOptions& options, std::int64_t max_timestamp) {
    if (options.timestamp_type == TimestampType::kLogAppendTime) {
        header.attributes.set(BatchAttributes::kLogAppendTimeBit);
        header.max_timestamp = to_timestamp(options.now);
    } else {
        header.max_timestamp = max_timestamp;
    }
}

}  // namespace

bytes::ChunkList ValidatedBatch::stamped(Offset base_offset, LeaderEpoch epoch) const {
    const bool copies = records.size() <= kCopiedRecordsMax;
    bytes::Buffer buffer{header_bytes.size() + (copies ? records.size() : 0)};
    buffer.append(header_bytes);
    patch_base_offset({buffer.data(), header_bytes.size()}, base_offset);
    patch_leader_epoch({buffer.data(), header_bytes.size()}, epoch);
    if (copies) buffer.append(records.span());
    bytes::ChunkList chunks{buffer.view()};
    if (!copies) chunks.append(records);
    return chunks;
}

// One batch on its way through.
struct ProduceValidator::Plan {
    const ValidationOptions& options;
    const bytes::View& input;
    bytes::Codec codec;         // as produced
    bytes::Codec codec_wanted;  // as stored
    RecordRules rules;
    ValidatedBatch batch;
};

std::optional<ValidationError> ProduceValidator::check_while_inflating(Plan& plan) {
    if (window_.empty()) window_.resize(kWindowBytes);
    if (auto started = codecs_.decompressor.start(plan.codec, plan.batch.records.span()); !started) {
        return ValidationError{inflate_error(std::move(started).error()), {}};
    }
    const grammar::StreamLimits limits{plan.options.inflated_bytes_max, plan.options.record_bytes_max};
    grammar::StreamSource source{codecs_.decompressor, window_, limits};
    return check_stream(source, plan.batch.header.record_count, plan.rules);
}

// Afterwards `plan.batch.records` are plain, unless they are to stay compressed as they are.
std::optional<ValidationError> ProduceValidator::check_records(Plan& plan) {
    const bool is_compressed = plan.codec != bytes::Codec::kNone;
    if (is_compressed && plan.codec == plan.codec_wanted) return check_while_inflating(plan);
    if (is_compressed) {
        auto bytes_max = std::min(plan.options.inflated_bytes_max, plan.options.recompress_bytes_max);
        if (plan.codec_wanted == bytes::Codec::kNone) bytes_max = std::min(bytes_max, plan.options.batch_bytes_max);
        auto plain = inflate_records(plan.input, plan.batch.header, codecs_.decompressor, bytes_max);
        if (!plain) return ValidationError{inflate_error(std::move(plain).error()), {}};
        plan.batch.records = *std::move(plain);
    }
    const auto record_bytes_max = is_compressed ? plan.options.record_bytes_max : std::numeric_limits<std::size_t>::max();
    return check_piece(plan.batch.records.span(), plan.batch.header, record_bytes_max, plan.rules);
}

// Takes plain records to the codec wanted.
std::optional<ValidationError> ProduceValidator::change_codec(Plan& plan) {
    auto& batch = plan.batch;
    if (plan.codec_wanted != bytes::Codec::kNone) {
        const auto level = plan.options.codec_level.value_or(bytes::codec_levels(plan.codec_wanted).normal);
        auto packed = codecs_.compressor.compress(plan.codec_wanted, batch.records.span(), level);
        if (!packed) return ValidationError{{Errc::kMessageTooLarge, std::move(packed).error().context}, {}};
        batch.records = *std::move(packed);
    }
    if (batch.size_bytes() > plan.options.batch_bytes_max) {
        return ValidationError{{Errc::kMessageTooLarge,
                                "a batch of " + std::to_string(batch.size_bytes()) + " bytes once it has the topic's codec"},
                               {}};
    }
    batch.header.attributes.set_codec(plan.codec_wanted);
    batch.header.length = static_cast<std::int32_t>(batch.size_bytes() - kBatchLengthOverhead);
    return std::nullopt;
}

std::expected<ValidatedBatch, ValidationError> ProduceValidator::validate_for_append(const bytes::View& records,
                                                                                     const ValidationOptions& options) {
    auto found = only_batch(records.span(), options);
    if (!found) return std::unexpected(std::move(found).error());
    const BatchHeader& header = found->header;
    if (auto failure = check_header(header, options)) return std::unexpected(*std::move(failure));

    const auto codec = *header.attributes.codec();
    const auto codec_wanted = header.attributes.is_control() ? codec : options.codec.value_or(codec);
    Plan plan{options, records, codec, codec_wanted, {header, options}, {header, {}, records.slice(kBatchHeaderBytes)}};
    auto failure = check_records(plan);
    if (!failure) failure = std::move(plan.rules).failure();
    if (!failure && codec != codec_wanted) failure = change_codec(plan);
    if (failure) return std::unexpected(*std::move(failure));
    set_timestamps(plan.batch.header, options, plan.rules.max_timestamp());
    write_header(plan.batch, header);
    return std::move(plan.batch);
}

}  // namespace moldau::wire
