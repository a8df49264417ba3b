// Snapshots from damaged files; what decodes must encode to something that decodes to the same.

#include <cstdlib>

#include "metadata/snapshot.h"

namespace {

moldau::bytes::View encode(const moldau::metadata::ImageRef& image) {
    moldau::metadata::SnapshotEncoder encoder{image, {}};
    moldau::bytes::ChunkList all;
    while (true) {
        auto batch = encoder.next();
        if (!batch) std::abort();
        if (!*batch) return all.flatten();
        all.append(**batch);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace moldau;
    const metadata::SnapshotId id{Offset{10}, LeaderEpoch{1}};
    const auto image = metadata::decode_snapshot(bytes::View::copy_of(bytes::Span{data, size}), id);
    if (!image) return 0;
    const auto encoded = encode(*image);
    const auto again = metadata::decode_snapshot(encoded, id);
    if (!again || !(encode(*again) == encoded)) std::abort();
    return 0;
}
