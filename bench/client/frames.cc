// Writes and reads the few bytes of Produce v7 that surround a batch.

#include "frames.h"

#include "base/check.h"
#include "bytes/codec.h"
#include "bytes/endian.h"
#include "wire/batch_builder.h"

namespace moldau::bench {

namespace {

constexpr std::int16_t kVersion = 7;
constexpr std::int32_t kTimeoutMs = 30'000;
constexpr std::int64_t kTimestamp = 1'700'000'000'000;

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

bytes::View make_batch(const FrameOptions& options) {
    wire::BatchBuilder builder{{}};
    const std::vector<std::uint8_t> value(options.record_bytes, 'm');
    for (std::size_t index = 0; index < options.records; ++index) {
        builder.append({.timestamp = kTimestamp, .key = std::nullopt, .value = value});
    }
    auto batch = builder.build_plain();
    CHECK(batch.has_value());
    return *std::move(batch);
}

}  // namespace

std::vector<std::uint8_t> produce_frame(const FrameOptions& options) {
    Writer out;
    out.number(std::int16_t{0}).number(kVersion).number(std::int32_t{1}).text("bench");
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

}  // namespace moldau::bench
