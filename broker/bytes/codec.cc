// Names, numbers and levels of the codecs.

#include "bytes/codec.h"

#include <array>

namespace moldau::bytes {

namespace {

constexpr std::array<std::string_view, kCodecCount> kNames = {"none", "gzip", "snappy", "lz4", "zstd"};

}  // namespace

std::string_view codec_name(Codec codec) { return kNames[static_cast<std::size_t>(codec)]; }

std::optional<Codec> codec_from_number(int number) {
    if (number < 0 || number >= kCodecCount) return std::nullopt;
    return static_cast<Codec>(number);
}

std::optional<Codec> codec_from_name(std::string_view name) {
    for (int number = 0; number < kCodecCount; ++number) {
        if (kNames[static_cast<std::size_t>(number)] == name) return static_cast<Codec>(number);
    }
    return std::nullopt;
}

LevelRange codec_levels(Codec codec) {
    switch (codec) {
        case Codec::kGzip:
            return {1, 9, -1};
        case Codec::kLz4:
            return {1, 17, 9};
        case Codec::kZstd:
            return {-131072, 22, 3};
        case Codec::kNone:
        case Codec::kSnappy:
            break;
    }
    return {0, 0, 0};
}

}  // namespace moldau::bytes
