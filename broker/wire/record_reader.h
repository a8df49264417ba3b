// Reads the records of a batch once they are not compressed (any more).
//
//   record  = length:varint attributes:int8 timestamp-delta:varlong offset-delta:varint
//             key-length:varint [key] value-length:varint [value] header-count:varint header*
//   header  = key-length:varint key value-length:varint [value]
//
// Varints are zig-zag. `length` counts the bytes after itself; a key's or value's length of -1 means null; a header's key is
// never null. Deltas are against the batch's base timestamp and base offset.
//
// Nothing is copied or allocated: keys, values and headers are spans of the input. Every length is checked against the
// bytes left before it is believed.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "bytes/buffer.h"
#include "bytes/codec.h"
#include "wire/record_batch.h"

namespace moldau::wire {

struct RecordHeader {
    std::string_view key;
    std::optional<bytes::Span> value;
};

// The headers of one record, whose grammar has been checked.
class RecordHeaders {
public:
    RecordHeaders() = default;
    RecordHeaders(std::int32_t count, bytes::Span bytes) : left_(count), bytes_(bytes) {}

    std::int32_t count_left() const { return left_; }
    // Takes the next one off the front; nullopt after the last.
    std::optional<RecordHeader> next();

private:
    std::int32_t left_ = 0;
    bytes::Span bytes_;
};

struct Record {
    std::int8_t attributes = 0;  // none are defined; kept
    std::int32_t offset_delta = 0;
    std::int64_t timestamp_delta = 0;
    std::optional<bytes::Span> key;
    std::optional<bytes::Span> value;
    RecordHeaders headers;
};

class RecordReader {
public:
    // `count` records in `records`, which must outlive the reader and what it returns.
    RecordReader(bytes::Span records, std::int32_t count) : bytes_(records), left_(count) {}

    // The next record, nullopt after the last. Errors: kInvalidRecord, with the record's index, when the bytes do not
    // follow the grammar or bytes are left after the last record.
    Result<std::optional<Record>> next();

private:
    bytes::Span bytes_;
    std::int32_t left_;
    std::int32_t index_ = 0;
};

// The records of `batch`, inflated when they are compressed (at most `bytes_max`), else a slice of `batch` itself.
// `header` is that of `batch`. Errors: kCorruptMessage when they do not inflate, kLimitExceeded,
// kUnsupportedCompressionType.
Result<bytes::View> inflate_records(const bytes::View& batch, const BatchHeader& header, bytes::Decompressor& decompressor,
                                    std::size_t bytes_max);

// What a record's timestamp means in its batch: the batch's own for LogAppendTime, else base + delta (which wraps around for
// deltas that no client sends).
std::int64_t record_timestamp(const BatchHeader& header, const Record& record);

}  // namespace moldau::wire
