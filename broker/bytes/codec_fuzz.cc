// The first byte chooses the codec; the rest is inflated whole and in small pieces, which must agree.

#include <algorithm>
#include <array>
#include <string>

#include "bytes/codec.h"

using moldau::bytes::Codec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t kBytesMax = std::size_t{1} << 20;
    if (size == 0) return 0;
    const auto codec = static_cast<Codec>(data[0] % moldau::bytes::kCodecCount);
    const moldau::bytes::Span in{data + 1, size - 1};

    moldau::bytes::Codecs codecs;
    const auto whole = codecs.decompressor.decompress(codec, in, kBytesMax);
    if (!whole) return 0;
    CHECK(whole->size() <= kBytesMax);

    CHECK(codecs.decompressor.start(codec, in).has_value());
    std::array<std::uint8_t, 1021> piece{};
    std::size_t position = 0;
    while (true) {
        const auto count = codecs.decompressor.read(piece);
        CHECK(count.has_value());
        CHECK(std::equal(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(*count), whole->data() + position));
        position += *count;
        if (*count < piece.size()) break;
    }
    CHECK(position == whole->size());

    const auto packed = codecs.compressor.compress(codec, whole->span());
    if (codec == Codec::kNone) return 0;
    CHECK(codecs.decompressor.decompress(codec, packed->span(), kBytesMax).value() == *whole);
    return 0;
}
