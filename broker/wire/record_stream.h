// The records of a compressed batch, read through a small window while they inflate. Internal to the validation of produced
// batches.
//
// The problem: every record of a compressed batch must be checked, but it may inflate to gigabytes, and one record may
// claim any length. The idea: nothing of a key or value is kept, so a window of fixed size is enough whatever the input
// claims. A record that lies whole in the window is read as one piece; a longer one byte by byte.

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>

#include "base/result.h"
#include "bytes/codec.h"
#include "wire/record_grammar.h"

namespace moldau::wire::grammar {

struct StreamLimits {
    std::size_t inflated_bytes_max;  // of the whole batch
    std::size_t record_bytes_max;    // of one record, its length not counted
};

class StreamSource {
public:
    // Reads what `decompressor` was started with, through `window`, which holds any varint at least.
    StreamSource(bytes::Decompressor& decompressor, bytes::MutableSpan window, StreamLimits limits)
        : decompressor_(decompressor), window_(window), limits_(limits) {
        CHECK(window.size() >= 2 * bytes::kVarintBytesMax);
    }

    // The next record; false on any failure. Spans in `record` are valid until the next call, and empty for long records.
    bool next_record(RecordParts& record);
    // Is there nothing after the last record read?
    bool at_end() { return start_ == end_ && !refill() && !error_; }
    // Why reading failed, when the reason is not the records' grammar: kMalformed, kLimitExceeded or kInvalidRecord.
    const std::optional<Error>& error() const { return error_; }

    // What the grammar calls.
    bool failed() const { return failed_; }
    void fail() { failed_ = true; }
    std::int64_t left() const { return left_; }
    bool begin(std::int32_t length) {
        if (!is_allowed(length)) return false;
        left_ = length;
        return true;
    }
    void end_record() { left_ = kUnbounded; }
    std::int8_t byte() {
        if (left_ == 0 || (start_ == end_ && !refill())) return failed_ = true, std::int8_t{0};
        --left_;
        return static_cast<std::int8_t>(window_[start_++]);
    }
    template <unsigned kBits>
    std::int64_t varint();
    bytes::Span take(std::int32_t count);
    bytes::Span rest() const { return {}; }

private:
    static constexpr std::int64_t kUnbounded = std::numeric_limits<std::int64_t>::max();

    bool is_allowed(std::int32_t length);
    // Moves what is left to the front and reads more behind it; false when nothing came.
    bool refill();
    // Bytes of the next record with its length, when they all lie in the window.
    std::optional<std::size_t> whole_record();

    bytes::Decompressor& decompressor_;
    bytes::MutableSpan window_;
    StreamLimits limits_;
    std::size_t start_ = 0;  // of what is not yet read, in the window
    std::size_t end_ = 0;
    std::size_t inflated_ = 0;
    std::int64_t left_ = kUnbounded;  // of the record being read
    bool ended_ = false;
    bool failed_ = false;
    std::optional<Error> error_;
};

inline bool StreamSource::is_allowed(std::int32_t length) {
    if (length >= 0 && static_cast<std::size_t>(length) <= limits_.record_bytes_max) return true;
    failed_ = true;
    error_ = Error{Errc::kInvalidRecord, "a record of " + std::to_string(length) + " bytes, more than the topic allows"};
    return false;
}

inline bool StreamSource::refill() {
    if (ended_ || error_) return false;
    std::memmove(window_.data(), window_.data() + start_, end_ - start_);
    end_ -= start_;
    start_ = 0;
    const auto spare = window_.subspan(end_);
    const auto count = decompressor_.read(spare);
    if (!count) {
        error_ = count.error();
        return false;
    }
    ended_ = *count < spare.size();
    end_ += *count;
    inflated_ += *count;
    if (inflated_ > limits_.inflated_bytes_max) {
        const auto limit = std::to_string(limits_.inflated_bytes_max);
        error_ = Error{Errc::kLimitExceeded, "inflates to more than " + limit + " bytes"};
        return false;
    }
    return *count > 0;
}

inline std::optional<std::size_t> StreamSource::whole_record() {
    const bytes::Span ready = window_.subspan(start_, end_ - start_);
    const auto length = bytes::get_varint(ready, 32);
    if (!length) return std::nullopt;
    const auto record_bytes = bytes::unzigzag(length->value);
    if (record_bytes < 0 || static_cast<std::uint64_t>(record_bytes) > ready.size() - length->bytes) return std::nullopt;
    return length->bytes + static_cast<std::size_t>(record_bytes);
}

inline bool StreamSource::next_record(RecordParts& record) {
    if (end_ - start_ < window_.size() / 4) refill();
    if (error_) return false;
    auto size = whole_record();
    if (!size && start_ > 0 && refill()) size = whole_record();
    if (!size) return !error_ && read_record(*this, record);
    PieceSource piece{window_.subspan(start_, *size)};
    start_ += *size;
    return read_record(piece, record) && is_allowed(record.length);
}

template <unsigned kBits>
std::int64_t StreamSource::varint() {
    std::array<std::uint8_t, bytes::kVarintBytesMax> gathered;
    std::size_t count = 0;
    do {
        if (count == gathered.size()) return failed_ = true, 0;
        gathered[count] = static_cast<std::uint8_t>(byte());
    } while (!failed_ && gathered[count++] >= 0x80);
    if (failed_) return 0;
    const auto read = bytes::get_varint({gathered.data(), count}, kBits);
    if (!read) return failed_ = true, 0;
    return bytes::unzigzag(read->value);
}

inline bytes::Span StreamSource::take(std::int32_t count) {
    if (count > left_) return failed_ = true, bytes::Span{};
    left_ -= count;
    auto to_skip = static_cast<std::size_t>(count);
    while (to_skip > 0) {
        if (start_ == end_ && !refill()) return failed_ = true, bytes::Span{};
        const auto step = std::min(to_skip, end_ - start_);
        start_ += step;
        to_skip -= step;
    }
    return {};
}

}  // namespace moldau::wire::grammar
