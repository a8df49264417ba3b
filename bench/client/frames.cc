// Writes and reads the few bytes of Produce v7 and Fetch v4 that surround batches.

#include "frames.h"

#include <algorithm>
#include <chrono>

#include "base/check.h"
#include "bytes/codec.h"
#include "bytes/endian.h"
#include "text.h"
#include "wire/batch_builder.h"
#include "wire/record_batch.h"

namespace moldau::bench {

namespace {

constexpr std::int16_t kProduce = 0, kProduceVersion = 7;
constexpr std::int16_t kFetch = 1, kFetchVersion = 4;
constexpr std::int32_t kTimeoutMs = 30'000;
constexpr std::int32_t kFetchWaitMs = 500, kFetchBytes = 50 << 20, kPartitionBytes = 1 << 20;
constexpr std::size_t kTextStep = 811;  // the next record begins so much later in the text

class Writer {
public:
    template <std::integral T>
    Writer& number(T value) {
        bytes_.resize(bytes_.size() + sizeof value);
        bytes::store_be(bytes_.data() + bytes_.size() - sizeof value, value);
        return *this;
    }
    Writer& text(const std::string& text) {
        number(static_cast<std::int16_t>(text.size()));
        bytes_.insert(bytes_.end(), text.begin(), text.end());
        return *this;
    }
    Writer& block(bytes::Span block) {
        number(static_cast<std::int32_t>(block.size()));
        bytes_.insert(bytes_.end(), block.begin(), block.end());
        return *this;
    }
    std::vector<std::uint8_t> framed() && {
        bytes::store_be(bytes_.data(), static_cast<std::int32_t>(bytes_.size() - sizeof(std::int32_t)));
        return std::move(bytes_);
    }

private:
    std::vector<std::uint8_t> bytes_ = std::vector<std::uint8_t>(sizeof(std::int32_t));  // the length, filled in at last
};

// Older records would be deleted before they are read.
std::int64_t now_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

// Reads numbers one after the other; past the end they are 0 and `good` is false.
class Reader {
public:
    explicit Reader(bytes::Span bytes) : rest_(bytes) {}
    template <std::integral T>
    T number() {
        const auto at = rest_;
        skip(sizeof(T));
        return good_ ? bytes::load_be<T>(at.data()) : T{0};
    }
    void skip(std::size_t bytes) {
        good_ = good_ && bytes <= rest_.size();
        if (good_) rest_ = rest_.subspan(bytes);
    }
    bytes::Span rest() const { return rest_; }
    bool good() const { return good_; }

private:
    bytes::Span rest_;
    bool good_ = true;
};

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

}  // namespace

std::vector<std::uint8_t> produce_frame(const FrameOptions& options) {
    Writer out;
    out.number(kProduce).number(kProduceVersion).number(std::int32_t{1}).text("bench");
    out.number(std::int16_t{-1}).number(options.acks).number(kTimeoutMs);
    out.number(std::int32_t{1}).text(options.topic).number(std::int32_t{1}).number(std::int32_t{0});
    out.block(make_batch(options).span());
    return std::move(out).framed();
}

std::vector<std::uint8_t> produce_answer(const std::string& topic) {
    Writer out;
    out.number(std::int32_t{1}).number(std::int32_t{1}).text(topic).number(std::int32_t{1}).number(std::int32_t{0});
    out.number(std::int16_t{0}).number(std::int64_t{0}).number(std::int64_t{-1}).number(std::int64_t{0});
    return std::move(out.number(std::int32_t{0})).framed();
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
    Writer out;
    out.number(kFetch).number(kFetchVersion).number(std::int32_t{1}).text("bench");
    out.number(std::int32_t{-1}).number(kFetchWaitMs).number(std::int32_t{1}).number(kFetchBytes).number(std::int8_t{0});
    out.number(std::int32_t{1}).text(topic).number(std::int32_t{1}).number(std::int32_t{0});
    out.number(offset).number(kPartitionBytes);
    return std::move(out).framed();
}

std::optional<Fetched> read_fetched(bytes::Span answer, std::int64_t offset) {
    Reader in{answer};
    in.skip(3 * sizeof(std::int32_t));  // correlation, throttle time, one topic
    in.skip(static_cast<std::size_t>(in.number<std::int16_t>()));
    in.skip(2 * sizeof(std::int32_t));  // one partition, its index
    Fetched found{.error = in.number<std::int16_t>(), .records = 0, .next_offset = offset};
    in.skip(2 * sizeof(std::int64_t));  // high watermark, last stable offset
    constexpr std::size_t kAbortedBytes = 2 * sizeof(std::int64_t);
    in.skip(static_cast<std::size_t>(std::max(0, in.number<std::int32_t>())) * kAbortedBytes);
    const auto size = static_cast<std::size_t>(std::max(0, in.number<std::int32_t>()));
    if (!in.good() || in.rest().size() < size) return std::nullopt;
    auto batches = in.rest().first(size);
    while (batches.size() >= wire::kBatchHeaderBytes) {
        constexpr std::size_t kLengthAt = 8, kLengthEnd = 12, kLastDeltaAt = 23, kCountAt = 57;
        const auto bytes = kLengthEnd + bytes::load_be<std::uint32_t>(batches.data() + kLengthAt);
        if (batches.size() < bytes) break;
        const auto last =
            bytes::load_be<std::int64_t>(batches.data()) + bytes::load_be<std::int32_t>(batches.data() + kLastDeltaAt);
        // The first one may begin before what was asked for.
        found.records += std::min<std::int64_t>(bytes::load_be<std::int32_t>(batches.data() + kCountAt), last + 1 - offset);
        found.next_offset = last + 1;
        batches = batches.subspan(bytes);
    }
    return found;
}

}  // namespace moldau::bench
