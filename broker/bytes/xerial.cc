// Header and blocks of Java's snappy framing.

#include "bytes/xerial.h"

#include <snappy-c.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "bytes/endian.h"

namespace moldau::bytes::xerial {

namespace {

constexpr std::array<std::uint8_t, 8> kMagic = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
constexpr std::int32_t kVersion = 1;
constexpr std::size_t kLengthBytes = 4;

// The densest element, a copy with a two-byte offset, makes 64 bytes out of three.
constexpr std::size_t kExpansionMax = 22;

}  // namespace

bool is_framed(Span in) { return in.size() >= kMagic.size() && std::ranges::equal(in.first(kMagic.size()), kMagic); }

std::size_t put_header(std::uint8_t* out) {
    std::memcpy(out, kMagic.data(), kMagic.size());
    store_be<std::int32_t>(out + 8, kVersion);
    store_be<std::int32_t>(out + 12, kVersion);
    return kHeaderBytes;
}

Result<void> BlockReader::skip_header() {
    if (left_.size() < kHeaderBytes) return fail(Errc::kMalformed, "snappy: header ends early");
    const auto compatible_with = load_be<std::int32_t>(left_.data() + 12);
    if (compatible_with > kVersion) return fail(Errc::kMalformed, "snappy: unknown version of the framing");
    left_ = left_.subspan(kHeaderBytes);
    return {};
}

Result<std::optional<Span>> BlockReader::next() {
    if (!framed_) {
        if (left_.empty()) return std::nullopt;
        return std::exchange(left_, Span{});
    }
    while (is_framed(left_)) MOLDAU_TRY(skip_header());
    if (left_.empty()) return std::nullopt;
    if (left_.size() < kLengthBytes) return fail(Errc::kMalformed, "snappy: block length ends early");
    const auto length = load_be<std::int32_t>(left_.data());
    left_ = left_.subspan(kLengthBytes);
    if (length <= 0 || static_cast<std::size_t>(length) > left_.size()) {
        return fail(Errc::kMalformed, "snappy: block length is wrong");
    }
    const auto block = left_.first(static_cast<std::size_t>(length));
    left_ = left_.subspan(block.size());
    return block;
}

Result<std::size_t> inflated_bytes(Span block) {
    std::size_t bytes = 0;
    const auto* data = reinterpret_cast<const char*>(block.data());
    if (snappy_uncompressed_length(data, block.size(), &bytes) != SNAPPY_OK || bytes > block.size() * kExpansionMax) {
        return fail(Errc::kMalformed, "snappy: block claims an impossible size");
    }
    return bytes;
}

}  // namespace moldau::bytes::xerial
