// Compression of record batches: gzip, snappy, lz4 and zstd, as Kafka's clients frame them.
//
// The problem: compressed bytes come from outside and lie about what they hold, and contexts are dear to make. The
// idea: inflating is a stream, so nothing is allocated by what a header claims and a limit holds while inflating;
// contexts belong to a `Decompressor` or `Compressor` that its owner keeps (one per core) and are made when a codec is
// first met.
//
// Framing: gzip members (RFC 1952); LZ4 frames, written with independent blocks of 64 KiB and no checksums; zstd frames
// (RFC 8878); snappy in Java's framing (bytes/xerial.h), raw snappy is read too. Several frames one after another are
// read as one.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "bytes/buffer.h"

namespace moldau::bytes {

// The numbers of a batch's attributes.
enum class Codec : std::uint8_t { kNone = 0, kGzip = 1, kSnappy = 2, kLz4 = 3, kZstd = 4 };

inline constexpr int kCodecCount = 5;

// "none", "gzip", "snappy", "lz4", "zstd".
std::string_view codec_name(Codec codec);
// Nullopt for a number or name that is no codec.
std::optional<Codec> codec_from_number(int number);
std::optional<Codec> codec_from_name(std::string_view name);

// The levels that Kafka's settings allow; first == last for codecs without levels.
struct LevelRange {
    int first;
    int last;
    int normal;
};
LevelRange codec_levels(Codec codec);

// Inflates one input after another. Lifetime: contexts live as long as it does, except ones that grew beyond 8 MiB,
// which go with their input. Thread: one.
class Decompressor {
public:
    Decompressor();
    Decompressor(Decompressor&&) noexcept;
    Decompressor& operator=(Decompressor&&) noexcept;
    ~Decompressor();

    // Begins with `in`, which must outlive the reads; what was being read before is forgotten.
    // Errors: kMalformed (kNone is copied like the rest).
    Result<void> start(Codec codec, Span in);
    // Fills as much of `out` as there is; less than out.size() only at the end, 0 after it. Errors: kMalformed, also
    // when the input ends inside a frame; then nothing more may be read.
    Result<std::size_t> read(MutableSpan out);

    // All of `in`. Memory grows with what is found, never by what a header says. Errors: kMalformed, and kLimitExceeded when
    // it would be more than `bytes_max`.
    Result<View> decompress(Codec codec, Span in, std::size_t bytes_max);

    // How one codec reads its frames; for the implementation.
    class Stream;

private:
    std::unique_ptr<Stream> streams_[kCodecCount];
    Stream* current_ = nullptr;
};

// Compresses one input after another with contexts that stay. Thread: one.
class Compressor {
public:
    Compressor();
    Compressor(Compressor&&) noexcept;
    Compressor& operator=(Compressor&&) noexcept;
    ~Compressor();

    // `level` within codec_levels(codec), ignored by codecs without levels. lz4 at its normal level uses the fast
    // compressor, as Kafka does, other levels the slow one. Errors: kLimitExceeded when `in` is larger than the codec
    // can take (2 GiB).
    Result<View> compress(Codec codec, Span in, int level);
    Result<View> compress(Codec codec, Span in) { return compress(codec, in, codec_levels(codec).normal); }

private:
    struct Contexts;
    std::unique_ptr<Contexts> contexts_;
};

// What one core keeps to read and write compressed batches.
struct Codecs {
    Decompressor decompressor;
    Compressor compressor;
};

}  // namespace moldau::bytes
