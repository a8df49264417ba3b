// One record's grammar, once, for two kinds of input: bytes that lie in one piece, and bytes that an inflating codec
// hands out piece by piece, of which nothing is kept. Internal to the record reader and the validation of produced
// batches.
//
// A source has:  left() bytes until the record's end or less; byte(); varint(bits); take(count) -> Span (empty when
// streaming) with a sticky failure, so that the grammar reads without checking each step. take() and friends never pass
// the end of the record, which `begin(length)` sets.

#pragma once

#include <cstdint>

#include "bytes/buffer.h"
#include "bytes/varint.h"

namespace moldau::wire::grammar {

inline constexpr std::int32_t kNull = -1;
// Attributes, two deltas, two lengths and a count take at least a byte each.
inline constexpr std::int32_t kRecordBytesMin = 6;
// A header's key and value length take at least a byte each.
inline constexpr std::int32_t kHeaderBytesMin = 2;

struct Field {
    std::int32_t length = kNull;
    bytes::Span bytes;
};

struct RecordParts {
    std::int32_t length = 0;  // of all that follows, as the record says
    std::int8_t attributes = 0;
    std::int64_t timestamp_delta = 0;
    std::int32_t offset_delta = 0;
    Field key;
    Field value;
    std::int32_t header_count = 0;
    bytes::Span headers;  // from the first header to the record's end
};

// The record bytes in one piece.
class PieceSource {
public:
    explicit PieceSource(bytes::Span in) : at_(in.data()), end_(in.data() + in.size()), limit_(end_) {}

    bool at_end() const { return at_ == limit_; }
    bool failed() const { return failed_; }
    void fail() { failed_ = true; }
    std::int64_t left() const { return end_ - at_; }

    // A record of `length` bytes begins; false when there are fewer.
    bool begin(std::int32_t length) {
        if (length < 0 || length > limit_ - at_) return false;
        end_ = at_ + length;
        return true;
    }
    // Before the first record and between two, reads may go up to the end of all.
    void end_record() { end_ = limit_; }

    std::int8_t byte() {
        if (at_ == end_) return failed_ = true, std::int8_t{0};
        return static_cast<std::int8_t>(*at_++);
    }
    template <unsigned kBits>
    std::int64_t varint() {
        if (at_ < end_ && *at_ < 0x80) [[likely]]
            return bytes::unzigzag(*at_++);
        if (end_ - at_ >= 2 && at_[1] < 0x80) [[likely]] {
            const std::uint64_t value = (at_[0] & 0x7fu) | (std::uint64_t{at_[1]} << 7);
            at_ += 2;
            return bytes::unzigzag(value);
        }
        return long_varint<kBits>();
    }
    bytes::Span take(std::int32_t count) {
        if (count > end_ - at_) return failed_ = true, bytes::Span{};
        const bytes::Span taken{at_, static_cast<std::size_t>(count)};
        at_ += count;
        return taken;
    }
    bytes::Span rest() const { return {at_, end_}; }

private:
    // Out of line, so that the loop over short ones stays small.
    template <unsigned kBits>
    [[gnu::noinline]] std::int64_t long_varint() {
        const auto read = bytes::get_varint({at_, end_}, kBits);
        if (!read) return failed_ = true, 0;
        at_ += read->bytes;
        return bytes::unzigzag(read->value);
    }

    const std::uint8_t* at_;
    const std::uint8_t* end_;    // of the record
    const std::uint8_t* limit_;  // of all records
    bool failed_ = false;
};

// A length that may say null; anything below that is a failure, anything above is taken.
template <class Source>
Field take_nullable(Source& source) {
    const auto length = static_cast<std::int32_t>(source.template varint<32>());
    if (length < 0) {
        if (length != kNull) source.fail();
        return {};
    }
    return {length, source.take(length)};
}

template <class Source>
void skip_headers(Source& source, std::int32_t count) {
    for (std::int32_t index = 0; index < count && !source.failed(); ++index) {
        if (take_nullable(source).length == kNull) source.fail();  // a header's key is never null
        take_nullable(source);
    }
}

// Reads one record, its length included, and nothing of the next. False when the bytes do not follow the grammar.
template <class Source>
bool read_record(Source& source, RecordParts& record) {
    record.length = static_cast<std::int32_t>(source.template varint<32>());
    if (source.failed() || record.length < kRecordBytesMin || !source.begin(record.length)) return false;
    record.attributes = source.byte();
    record.timestamp_delta = source.template varint<64>();
    record.offset_delta = static_cast<std::int32_t>(source.template varint<32>());
    record.key = take_nullable(source);
    record.value = take_nullable(source);
    record.header_count = static_cast<std::int32_t>(source.template varint<32>());
    if (record.header_count < 0 || record.header_count > source.left() / kHeaderBytesMin) return false;
    record.headers = source.rest();
    if (record.header_count > 0) skip_headers(source, record.header_count);
    if (source.failed() || source.left() != 0) return false;
    source.end_record();
    return true;
}

}  // namespace moldau::wire::grammar
