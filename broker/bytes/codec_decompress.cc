// One stream per codec, each over its library's context, and the loop that gathers a whole output.

#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "bytes/codec.h"
#include "bytes/xerial.h"

namespace moldau::bytes {

class Decompressor::Stream {
public:
    virtual ~Stream() = default;
    virtual Result<void> start(Span in) = 0;
    // As Decompressor::read.
    virtual Result<std::size_t> read(MutableSpan out) = 0;
    // Bytes that the context holds on to.
    virtual std::size_t held_bytes() const { return 0; }
};

namespace {

constexpr std::size_t kHeldBytesMax = std::size_t{8} << 20;
constexpr std::size_t kFirstBytesMin = 4096;
// A first guess above this waits until the input has shown that it holds that much.
constexpr std::size_t kFirstBytesMax = std::size_t{1} << 20;

class PlainStream final : public Decompressor::Stream {
public:
    Result<void> start(Span in) override {
        left_ = in;
        return {};
    }
    Result<std::size_t> read(MutableSpan out) override {
        const auto count = std::min(out.size(), left_.size());
        if (count > 0) std::memcpy(out.data(), left_.data(), count);
        left_ = left_.subspan(count);
        return count;
    }

private:
    Span left_;
};

class GzipStream final : public Decompressor::Stream {
public:
    ~GzipStream() override {
        if (made_) inflateEnd(&zlib_);
    }

    Result<void> start(Span in) override {
        constexpr int kGzipOnly = 16 + MAX_WBITS;
        if (made_) {
            inflateReset(&zlib_);
        } else {
            CHECK(inflateInit2(&zlib_, kGzipOnly) == Z_OK);
            made_ = true;
        }
        left_ = in;
        at_frame_start_ = true;
        if (in.empty()) return fail(Errc::kMalformed, "gzip: empty");
        return {};
    }

    Result<std::size_t> read(MutableSpan out) override {
        std::size_t done = 0;
        while (done < out.size()) {
            if (at_frame_start_ && left_.empty()) break;
            const auto before = done;
            const auto left_before = left_.size();
            const int status = step(out, done);
            if (status == Z_STREAM_END) {
                inflateReset(&zlib_);
                at_frame_start_ = true;
                continue;
            }
            at_frame_start_ = false;
            if (status != Z_OK) return fail(Errc::kMalformed, "gzip: damaged or cut short");
            if (done == before && left_.size() == left_before) return fail(Errc::kMalformed, "gzip: cut short");
        }
        return done;
    }

private:
    int step(MutableSpan out, std::size_t& done) {
        constexpr std::size_t kStepMax = std::numeric_limits<uInt>::max();
        const auto in_bytes = std::min(left_.size(), kStepMax);
        const auto out_bytes = std::min(out.size() - done, kStepMax);
        // zlib takes a mutable pointer and does not write through it.
        zlib_.next_in = const_cast<Bytef*>(left_.data());
        zlib_.avail_in = static_cast<uInt>(in_bytes);
        zlib_.next_out = out.data() + done;
        zlib_.avail_out = static_cast<uInt>(out_bytes);
        const int status = inflate(&zlib_, Z_NO_FLUSH);
        left_ = left_.subspan(in_bytes - zlib_.avail_in);
        done += out_bytes - zlib_.avail_out;
        return status;
    }

    z_stream zlib_{};
    Span left_;
    bool made_ = false;
    bool at_frame_start_ = true;
};

class SnappyStream final : public Decompressor::Stream {
public:
    Result<void> start(Span in) override {
        blocks_ = xerial::BlockReader{in};
        ready_ = {};
        if (in.empty()) return fail(Errc::kMalformed, "snappy: empty");
        return {};
    }

    Result<std::size_t> read(MutableSpan out) override {
        std::size_t done = 0;
        while (done < out.size()) {
            if (ready_.empty()) {
                MOLDAU_TRY_ASSIGN(block, blocks_.next());
                if (!block) break;
                MOLDAU_TRY_ASSIGN(count, take(*block, out.subspan(done)));
                done += count;
                continue;
            }
            const auto count = std::min(out.size() - done, ready_.size());
            std::memcpy(out.data() + done, ready_.data(), count);
            ready_ = ready_.subspan(count);
            done += count;
        }
        return done;
    }

    std::size_t held_bytes() const override { return scratch_.capacity(); }

private:
    // Inflates a block right into `out` where it fits, else into scratch memory.
    Result<std::size_t> take(Span block, MutableSpan out) {
        MOLDAU_TRY_ASSIGN(bytes, xerial::inflated_bytes(block));
        const bool direct = bytes <= out.size();
        if (!direct && scratch_.size() < bytes) scratch_.resize(bytes);
        auto* to = reinterpret_cast<char*>(direct ? out.data() : scratch_.data());
        std::size_t written = bytes;
        if (snappy_uncompress(reinterpret_cast<const char*>(block.data()), block.size(), to, &written) != SNAPPY_OK) {
            return fail(Errc::kMalformed, "snappy: damaged block");
        }
        if (direct) return written;
        ready_ = Span{scratch_.data(), written};
        return std::size_t{0};
    }

    xerial::BlockReader blocks_;
    std::vector<std::uint8_t> scratch_;
    Span ready_;
};

class Lz4Stream final : public Decompressor::Stream {
public:
    ~Lz4Stream() override { LZ4F_freeDecompressionContext(context_); }

    Result<void> start(Span in) override {
        if (context_ == nullptr) {
            CHECK(!LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)));
        }
        LZ4F_resetDecompressionContext(context_);
        left_ = in;
        inside_frame_ = false;
        if (in.empty()) return fail(Errc::kMalformed, "lz4: empty");
        return {};
    }

    Result<std::size_t> read(MutableSpan out) override {
        std::size_t done = 0;
        while (done < out.size()) {
            if (!inside_frame_ && left_.empty()) break;
            std::size_t in_bytes = left_.size();
            std::size_t out_bytes = out.size() - done;
            const auto hint = LZ4F_decompress(context_, out.data() + done, &out_bytes, left_.data(), &in_bytes, nullptr);
            if (LZ4F_isError(hint)) return fail(Errc::kMalformed, "lz4: damaged");
            left_ = left_.subspan(in_bytes);
            done += out_bytes;
            inside_frame_ = hint != 0;
            if (inside_frame_ && in_bytes == 0 && out_bytes == 0) return fail(Errc::kMalformed, "lz4: cut short");
        }
        return done;
    }

private:
    LZ4F_dctx* context_ = nullptr;
    Span left_;
    bool inside_frame_ = false;
};

class ZstdStream final : public Decompressor::Stream {
public:
    ~ZstdStream() override { ZSTD_freeDCtx(context_); }

    Result<void> start(Span in) override {
        if (context_ == nullptr) context_ = ZSTD_createDCtx();
        CHECK(context_ != nullptr);
        ZSTD_DCtx_reset(context_, ZSTD_reset_session_only);
        left_ = in;
        inside_frame_ = false;
        if (in.empty()) return fail(Errc::kMalformed, "zstd: empty");
        return {};
    }

    Result<std::size_t> read(MutableSpan out) override {
        std::size_t done = 0;
        while (done < out.size()) {
            if (!inside_frame_ && left_.empty()) break;
            ZSTD_inBuffer from{left_.data(), left_.size(), 0};
            ZSTD_outBuffer to{out.data(), out.size(), done};
            const auto hint = ZSTD_decompressStream(context_, &to, &from);
            if (ZSTD_isError(hint)) return fail(Errc::kMalformed, std::string{"zstd: "} + ZSTD_getErrorName(hint));
            const bool stuck = from.pos == 0 && to.pos == done;
            left_ = left_.subspan(from.pos);
            done = to.pos;
            inside_frame_ = hint != 0;
            if (inside_frame_ && stuck) return fail(Errc::kMalformed, "zstd: cut short");
        }
        return done;
    }

    // The window is as large as the frame's header says, up to the library's 128 MiB; untouched pages of it cost nothing.
    std::size_t held_bytes() const override { return ZSTD_sizeof_DCtx(context_); }

private:
    ZSTD_DCtx* context_ = nullptr;
    Span left_;
    bool inside_frame_ = false;
};

std::unique_ptr<Decompressor::Stream> make_stream(Codec codec) {
    switch (codec) {
        case Codec::kNone:
            return std::make_unique<PlainStream>();
        case Codec::kGzip:
            return std::make_unique<GzipStream>();
        case Codec::kSnappy:
            return std::make_unique<SnappyStream>();
        case Codec::kLz4:
            return std::make_unique<Lz4Stream>();
        case Codec::kZstd:
            return std::make_unique<ZstdStream>();
    }
    CHECK(false);
    return nullptr;
}

}  // namespace

Decompressor::Decompressor() = default;
Decompressor::Decompressor(Decompressor&&) noexcept = default;
Decompressor& Decompressor::operator=(Decompressor&&) noexcept = default;
Decompressor::~Decompressor() = default;

Result<void> Decompressor::start(Codec codec, Span in) {
    for (auto& stream : streams_) {
        if (stream && stream->held_bytes() > kHeldBytesMax) stream.reset();
    }
    auto& stream = streams_[static_cast<std::size_t>(codec)];
    if (!stream) stream = make_stream(codec);
    current_ = stream.get();
    return current_->start(in);
}

Result<std::size_t> Decompressor::read(MutableSpan out) {
    CHECK(current_ != nullptr);
    return current_->read(out);
}

Result<View> Decompressor::decompress(Codec codec, Span in, std::size_t bytes_max) {
    MOLDAU_TRY(start(codec, in));
    const auto guess = std::clamp(in.size() * 4, kFirstBytesMin, kFirstBytesMax);
    // One byte more than allowed shows that there is more.
    const auto ceiling = bytes_max == std::numeric_limits<std::size_t>::max() ? bytes_max : bytes_max + 1;
    Buffer out{std::min(guess, ceiling)};
    while (true) {
        const auto spare = out.spare();
        MOLDAU_TRY_ASSIGN(count, current_->read(spare));
        out.commit(count);
        if (out.size() > bytes_max) {
            return fail(Errc::kLimitExceeded, "inflates to more than " + std::to_string(bytes_max) + " bytes");
        }
        if (count < spare.size()) return out.view();
        Buffer larger{out.capacity() > ceiling / 2 ? ceiling : out.capacity() * 2};
        larger.append(out.view().span());
        out = std::move(larger);
    }
}

}  // namespace moldau::bytes
