// Each codec writes into scratch memory as large as its worst case; the caller gets a copy that is as large as the result.

#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include "bytes/codec.h"
#include "bytes/endian.h"
#include "bytes/xerial.h"

namespace moldau::bytes {

namespace {

constexpr std::size_t kInputBytesMax = std::numeric_limits<std::int32_t>::max();

// Memory of the worst case would stay alive with the view; copying the result is cheaper than holding that.
View trimmed(const Buffer& buffer) {
    if (buffer.size() >= buffer.capacity() / 4 * 3) return buffer.view();
    return View::copy_of(buffer.view().span());
}

View compress_snappy(Span in) {
    const auto blocks = (in.size() + xerial::kBlockBytes - 1) / xerial::kBlockBytes;
    const auto block_max = 4 + snappy_max_compressed_length(xerial::kBlockBytes);
    Buffer out{xerial::kHeaderBytes + blocks * block_max};
    out.commit(xerial::put_header(out.spare().data()));
    while (!in.empty()) {
        const auto block = in.first(std::min(in.size(), xerial::kBlockBytes));
        in = in.subspan(block.size());
        auto* to = out.spare().data();
        std::size_t bytes = out.spare().size() - 4;
        CHECK(snappy_compress(reinterpret_cast<const char*>(block.data()), block.size(), reinterpret_cast<char*>(to + 4),
                              &bytes) == SNAPPY_OK);
        store_be<std::int32_t>(to, static_cast<std::int32_t>(bytes));
        out.commit(4 + bytes);
    }
    return trimmed(out);
}

}  // namespace

struct Compressor::Contexts {
    z_stream gzip{};
    int gzip_level = 0;
    bool gzip_made = false;
    LZ4F_cctx* lz4 = nullptr;
    ZSTD_CCtx* zstd = nullptr;

    Contexts() = default;
    Contexts(const Contexts&) = delete;
    Contexts& operator=(const Contexts&) = delete;
    ~Contexts() {
        if (gzip_made) deflateEnd(&gzip);
        LZ4F_freeCompressionContext(lz4);
        ZSTD_freeCCtx(zstd);
    }

    View compress_gzip(Span in, int level);
    View compress_lz4(Span in, int level);
    View compress_zstd(Span in, int level);
};

View Compressor::Contexts::compress_gzip(Span in, int level) {
    constexpr int kGzipFraming = 16 + MAX_WBITS;
    constexpr int kMemoryLevel = 8;
    if (gzip_made && gzip_level != level) {
        deflateEnd(&gzip);
        gzip_made = false;
    }
    if (gzip_made) {
        deflateReset(&gzip);
    } else {
        CHECK(deflateInit2(&gzip, level, Z_DEFLATED, kGzipFraming, kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK);
        gzip_made = true;
        gzip_level = level;
    }
    Buffer out{deflateBound(&gzip, in.size())};
    // zlib takes a mutable pointer and does not write through it.
    gzip.next_in = const_cast<Bytef*>(in.data());
    gzip.avail_in = static_cast<uInt>(in.size());
    gzip.next_out = out.data();
    gzip.avail_out = static_cast<uInt>(out.capacity());
    CHECK(deflate(&gzip, Z_FINISH) == Z_STREAM_END);
    out.commit(out.capacity() - gzip.avail_out);
    return trimmed(out);
}

View Compressor::Contexts::compress_lz4(Span in, int level) {
    if (lz4 == nullptr) CHECK(!LZ4F_isError(LZ4F_createCompressionContext(&lz4, LZ4F_VERSION)));
    LZ4F_preferences_t preferences = LZ4F_INIT_PREFERENCES;
    preferences.frameInfo.blockSizeID = LZ4F_max64KB;
    preferences.frameInfo.blockMode = LZ4F_blockIndependent;
    preferences.autoFlush = 1;
    // Zero is the library's fast compressor; three and above its high compressor.
    preferences.compressionLevel = level == codec_levels(Codec::kLz4).normal ? 0 : std::max(level, 3);

    Buffer out{LZ4F_HEADER_SIZE_MAX + LZ4F_compressBound(in.size(), &preferences)};
    const auto step = [&out](std::size_t bytes) {
        CHECK(!LZ4F_isError(bytes));
        out.commit(bytes);
    };
    step(LZ4F_compressBegin(lz4, out.spare().data(), out.spare().size(), &preferences));
    if (!in.empty()) {
        step(LZ4F_compressUpdate(lz4, out.spare().data(), out.spare().size(), in.data(), in.size(), nullptr));
    }
    step(LZ4F_compressEnd(lz4, out.spare().data(), out.spare().size(), nullptr));
    return trimmed(out);
}

View Compressor::Contexts::compress_zstd(Span in, int level) {
    if (zstd == nullptr) zstd = ZSTD_createCCtx();
    CHECK(zstd != nullptr);
    Buffer out{ZSTD_compressBound(in.size())};
    const auto bytes = ZSTD_compressCCtx(zstd, out.data(), out.capacity(), in.data(), in.size(), level);
    CHECK(!ZSTD_isError(bytes));
    out.commit(bytes);
    return trimmed(out);
}

Compressor::Compressor() : contexts_(std::make_unique<Contexts>()) {}
Compressor::Compressor(Compressor&&) noexcept = default;
Compressor& Compressor::operator=(Compressor&&) noexcept = default;
Compressor::~Compressor() = default;

Result<View> Compressor::compress(Codec codec, Span in, int level) {
    if (in.size() > kInputBytesMax) {
        return fail(Errc::kLimitExceeded, std::to_string(in.size()) + " bytes are too many to compress at once");
    }
    const auto range = codec_levels(codec);
    if (level != range.normal) level = std::clamp(level, range.first, range.last);
    switch (codec) {
        case Codec::kNone:
            return View::copy_of(in);
        case Codec::kGzip:
            return contexts_->compress_gzip(in, level);
        case Codec::kSnappy:
            return compress_snappy(in);
        case Codec::kLz4:
            return contexts_->compress_lz4(in, level);
        case Codec::kZstd:
            return contexts_->compress_zstd(in, level);
    }
    CHECK(false);
    return View{};
}

}  // namespace moldau::bytes
