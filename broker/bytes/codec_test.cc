// Every codec: its own way back, other writers' framings, damage, and inputs that inflate without end.

#include "bytes/codec.h"

#include <gtest/gtest.h>
#include <lz4frame.h>
#include <snappy-c.h>
#include <zstd.h>

#include <array>
#include <string>
#include <vector>

#include "bytes/endian.h"
#include "bytes/xerial.h"

namespace moldau::bytes {
namespace {

constexpr std::size_t kPlenty = std::size_t{64} << 20;
constexpr std::array kCompressing = {Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd};

Span span_of(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

std::string sample(std::size_t bytes) {
    std::string text;
    std::uint32_t state = 7;
    while (text.size() < bytes) {
        state = state * 1664525u + 1013904223u;
        text += (state >> 30) == 0 ? std::string(1 + (state >> 8) % 40, 'a') : std::to_string(state);
    }
    text.resize(bytes);
    return text;
}

View compressed(Codec codec, std::string_view text) { return Compressor{}.compress(codec, span_of(text)).value(); }

std::string joined(const View& left, const View& right) { return std::string{left.text()} + std::string{right.text()}; }

TEST(Codec, HasTheProtocolsNumbersAndNames) {
    EXPECT_EQ(codec_from_number(3), Codec::kLz4);
    EXPECT_FALSE(codec_from_number(5));
    EXPECT_FALSE(codec_from_number(-1));
    for (int number = 0; number < kCodecCount; ++number) {
        const auto codec = codec_from_number(number);
        ASSERT_TRUE(codec);
        EXPECT_EQ(codec_from_name(codec_name(*codec)), codec);
    }
    EXPECT_FALSE(codec_from_name("producer"));
}

TEST(Codec, ReadsWhatItWritesAtEverySize) {
    Codecs codecs;
    for (const auto codec : {Codec::kNone, Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
        for (const std::size_t size : {0u, 1u, 100u, 32768u, 32769u, 65536u, 65537u, 3000000u}) {
            const auto text = sample(size);
            const auto packed = codecs.compressor.compress(codec, span_of(text));
            ASSERT_TRUE(packed);
            if (codec == Codec::kNone && size == 0) continue;
            const auto back = codecs.decompressor.decompress(codec, packed->span(), kPlenty);
            ASSERT_TRUE(back) << codec_name(codec) << ' ' << size << ' ' << back.error().to_string();
            EXPECT_EQ(back->text(), text) << codec_name(codec) << ' ' << size;
        }
    }
}

TEST(Codec, ReadsWhatItWritesAtEveryLevel) {
    Codecs codecs;
    const auto text = sample(20000);
    for (const auto codec : {Codec::kGzip, Codec::kLz4, Codec::kZstd}) {
        const auto range = codec_levels(codec);
        for (int level = std::max(range.first, -7); level <= range.last; ++level) {
            const auto packed = codecs.compressor.compress(codec, span_of(text), level);
            ASSERT_TRUE(packed);
            EXPECT_EQ(codecs.decompressor.decompress(codec, packed->span(), kPlenty).value().text(), text) << level;
        }
    }
}

TEST(Codec, StreamsInPiecesOfAnySize) {
    const auto text = sample(200000);
    Decompressor decompressor;
    for (const auto codec : kCompressing) {
        const auto packed = compressed(codec, text);
        for (const std::size_t piece : {std::size_t{7}, std::size_t{1000}, std::size_t{65536}, std::size_t{1} << 20}) {
            ASSERT_TRUE(decompressor.start(codec, packed.span()));
            std::string back;
            std::vector<std::uint8_t> out(piece);
            while (true) {
                const auto count = decompressor.read(out);
                ASSERT_TRUE(count) << codec_name(codec);
                back.append(reinterpret_cast<const char*>(out.data()), *count);
                if (*count < piece) break;
            }
            EXPECT_EQ(back, text) << codec_name(codec) << ' ' << piece;
            EXPECT_EQ(decompressor.read(out).value(), 0u);
        }
    }
}

TEST(Codec, StopsAtTheLimitAndNotOneByteBefore) {
    const auto text = sample(100000);
    Decompressor decompressor;
    for (const auto codec : {Codec::kNone, Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
        const auto packed = compressed(codec, text);
        EXPECT_EQ(decompressor.decompress(codec, packed.span(), text.size()).value().text(), text) << codec_name(codec);
        for (const std::size_t limit : {text.size() - 1, std::size_t{1}, std::size_t{0}}) {
            const auto refused = decompressor.decompress(codec, packed.span(), limit);
            ASSERT_FALSE(refused) << codec_name(codec) << ' ' << limit;
            EXPECT_EQ(refused.error().code, Errc::kLimitExceeded);
        }
    }
}

TEST(Codec, RefusesABombWithoutInflatingIt) {
    const std::string zeros(std::size_t{64} << 20, '\0');
    Decompressor decompressor;
    for (const auto codec : kCompressing) {
        const auto packed = compressed(codec, zeros);
        const auto refused = decompressor.decompress(codec, packed.span(), 1 << 20);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::kLimitExceeded) << codec_name(codec);
    }
}

TEST(Codec, RefusesEveryTruncation) {
    const auto text = sample(3000);
    Decompressor decompressor;
    for (const auto codec : kCompressing) {
        const auto packed = compressed(codec, text);
        for (std::size_t size = 0; size < packed.size(); ++size) {
            // A snappy stream may end after its header: it then holds nothing.
            if (codec == Codec::kSnappy && size == xerial::kHeaderBytes) continue;
            const auto cut = decompressor.decompress(codec, packed.span().first(size), kPlenty);
            ASSERT_FALSE(cut) << codec_name(codec) << ' ' << size;
            EXPECT_EQ(cut.error().code, Errc::kMalformed);
        }
        EXPECT_TRUE(decompressor.decompress(codec, packed.span(), kPlenty)) << "works again after failures";
    }
}

TEST(Codec, SurvivesEveryFlippedByte) {
    const auto text = sample(2000);
    Decompressor decompressor;
    for (const auto codec : kCompressing) {
        const auto packed = compressed(codec, text);
        std::string damaged{packed.text()};
        for (auto& byte : damaged) {
            byte = static_cast<char>(~byte);
            const auto result = decompressor.decompress(codec, span_of(damaged), 1 << 20);
            if (result) EXPECT_LE(result->size(), 1u << 20);
            byte = static_cast<char>(~byte);
        }
    }
}

TEST(Codec, ReadsFramesOneAfterAnother) {
    Decompressor decompressor;
    for (const auto codec : kCompressing) {
        const auto both = joined(compressed(codec, "first,"), compressed(codec, "second"));
        const auto back = decompressor.decompress(codec, span_of(both), kPlenty);
        ASSERT_TRUE(back) << codec_name(codec) << ' ' << back.error().to_string();
        EXPECT_EQ(back->text(), "first,second");
    }
}

TEST(Codec, RefusesGarbageAfterTheLastFrame) {
    Decompressor decompressor;
    for (const auto codec : kCompressing) {
        const auto packed = joined(compressed(codec, sample(100)), View::copy_of("garbage"));
        EXPECT_FALSE(decompressor.decompress(codec, span_of(packed), kPlenty)) << codec_name(codec);
    }
}

TEST(Codec, WritesLz4FramesAsKafkaDoes) {
    const auto packed = compressed(Codec::kLz4, sample(200000));
    // Magic, version 1 with independent blocks and no checksums, 64 KiB blocks, header checksum.
    const std::array<std::uint8_t, 7> header = {0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82};
    ASSERT_GT(packed.size(), header.size());
    EXPECT_TRUE(std::ranges::equal(packed.span().first(header.size()), header));
}

TEST(Codec, ReadsLz4FramesOfOtherWriters) {
    const auto text = sample(500000);
    for (const auto block : {LZ4F_max64KB, LZ4F_max256KB, LZ4F_max1MB, LZ4F_max4MB}) {
        LZ4F_preferences_t preferences = LZ4F_INIT_PREFERENCES;
        preferences.frameInfo.blockSizeID = block;
        preferences.frameInfo.blockMode = LZ4F_blockLinked;
        preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
        preferences.frameInfo.blockChecksumFlag = LZ4F_blockChecksumEnabled;
        preferences.frameInfo.contentSize = text.size();
        std::vector<std::uint8_t> packed(LZ4F_compressFrameBound(text.size(), &preferences));
        packed.resize(LZ4F_compressFrame(packed.data(), packed.size(), text.data(), text.size(), &preferences));
        EXPECT_EQ(Decompressor{}.decompress(Codec::kLz4, packed, kPlenty).value().text(), text);
    }
}

TEST(Codec, ReadsZstdStreamsOfUnknownSize) {
    const auto text = sample(300000);
    ZSTD_CCtx* context = ZSTD_createCCtx();
    std::vector<std::uint8_t> packed(ZSTD_compressBound(text.size()));
    ZSTD_outBuffer to{packed.data(), packed.size(), 0};
    ZSTD_inBuffer first{text.data(), 1000, 0};
    ZSTD_compressStream2(context, &to, &first, ZSTD_e_flush);
    ZSTD_inBuffer rest{text.data(), text.size(), 1000};
    ASSERT_EQ(ZSTD_compressStream2(context, &to, &rest, ZSTD_e_end), 0u);
    ZSTD_freeCCtx(context);

    const auto back = Decompressor{}.decompress(Codec::kZstd, Span{packed}.first(to.pos), kPlenty);

    EXPECT_EQ(back.value().text(), text);
}

TEST(Codec, ReadsRawSnappy) {
    const auto text = sample(100000);
    std::vector<std::uint8_t> packed(snappy_max_compressed_length(text.size()));
    std::size_t bytes = packed.size();
    ASSERT_EQ(snappy_compress(text.data(), text.size(), reinterpret_cast<char*>(packed.data()), &bytes), SNAPPY_OK);
    packed.resize(bytes);

    EXPECT_EQ(Decompressor{}.decompress(Codec::kSnappy, packed, kPlenty).value().text(), text);
}

TEST(Xerial, RefusesLyingBlockLengths) {
    const auto good = compressed(Codec::kSnappy, "moldau");
    for (const std::int32_t length : {0, -1, 1 << 30, static_cast<std::int32_t>(good.size())}) {
        std::string bad{good.text()};
        store_be<std::int32_t>(reinterpret_cast<std::uint8_t*>(bad.data()) + xerial::kHeaderBytes, length);
        EXPECT_FALSE(Decompressor{}.decompress(Codec::kSnappy, span_of(bad), kPlenty)) << length;
    }
}

TEST(Xerial, RefusesABlockThatClaimsMoreThanItCanHold) {
    // A raw block of six bytes that says it inflates to 4 GiB.
    const std::uint8_t block[] = {0xff, 0xff, 0xff, 0xff, 0x0f, 0x00};
    const auto refused = Decompressor{}.decompress(Codec::kSnappy, block, kPlenty);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::kMalformed);
}

TEST(Xerial, RefusesANewerFraming) {
    std::string newer{compressed(Codec::kSnappy, "moldau").text()};
    newer[15] = 2;
    EXPECT_FALSE(Decompressor{}.decompress(Codec::kSnappy, span_of(newer), kPlenty));
}

TEST(Compressor, HoldsNoMoreMemoryThanItsResult) {
    const auto packed = compressed(Codec::kZstd, std::string(1 << 20, 'x'));
    EXPECT_LE(packed.held_bytes(), packed.size() * 2);
}

}  // namespace
}  // namespace moldau::bytes
