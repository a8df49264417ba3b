// The record grammar over bytes in one piece.

#include "wire/record_reader.h"

#include "wire/record_grammar.h"

namespace moldau::wire {

namespace {

std::optional<bytes::Span> optional_bytes(const grammar::Field& field) {
    if (field.length == grammar::kNull) return std::nullopt;
    return field.bytes;
}

}  // namespace

std::optional<RecordHeader> RecordHeaders::next() {
    if (left_ == 0) return std::nullopt;
    grammar::PieceSource source{bytes_};
    const auto key = grammar::take_nullable(source);
    const auto value = grammar::take_nullable(source);
    CHECK(!source.failed());
    bytes_ = source.rest();
    --left_;
    return RecordHeader{{reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()}, optional_bytes(value)};
}

Result<std::optional<Record>> RecordReader::next() {
    if (left_ <= 0) {
        if (bytes_.empty()) return std::nullopt;
        return fail(Errc::kInvalidRecord, std::to_string(bytes_.size()) + " bytes after the last record");
    }
    grammar::PieceSource source{bytes_};
    grammar::RecordParts parts;
    if (!grammar::read_record(source, parts)) {
        return fail(Errc::kInvalidRecord, "record " + std::to_string(index_) + " is malformed");
    }
    bytes_ = source.rest();
    --left_;
    ++index_;
    Record record;
    record.attributes = parts.attributes;
    record.offset_delta = parts.offset_delta;
    record.timestamp_delta = parts.timestamp_delta;
    record.key = optional_bytes(parts.key);
    record.value = optional_bytes(parts.value);
    record.headers = RecordHeaders{parts.header_count, parts.headers};
    return record;
}

Result<bytes::View> inflate_records(const bytes::View& batch, const BatchHeader& header, bytes::Decompressor& decompressor,
                                    std::size_t bytes_max) {
    CHECK(batch.size() == header.size_bytes());
    const auto codec = header.attributes.codec();
    if (!codec) return fail(Errc::kUnsupportedCompressionType, "codec " + std::to_string(header.attributes.bits & 7));
    auto records = batch.slice(kBatchHeaderBytes);
    if (*codec == bytes::Codec::kNone) return records;
    auto inflated = decompressor.decompress(*codec, records.span(), bytes_max);
    if (!inflated && inflated.error().code == Errc::kMalformed) {
        return fail(Errc::kCorruptMessage, std::move(inflated).error().context);
    }
    return inflated;
}

std::int64_t record_timestamp(const BatchHeader& header, const Record& record) {
    if (header.attributes.timestamp_type() == TimestampType::kLogAppendTime) return header.max_timestamp;
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(header.base_timestamp) +
                                     static_cast<std::uint64_t>(record.timestamp_delta));
}

}  // namespace moldau::wire
