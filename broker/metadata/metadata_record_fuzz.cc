// Metadata records and batches from bytes that anybody may have written.

#include <cstdlib>

#include "metadata/batches.h"
#include "metadata/image_builder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace moldau;
    const auto view = bytes::View::copy_of(bytes::Span{data, size});
    if (const auto record = metadata::decode_record(view)) {
        const auto encoded = metadata::encode_record(*record);
        if (!encoded || metadata::decode_record(*encoded) != record) std::abort();
        metadata::ImageBuilder builder{metadata::Image{}};
        if (builder.apply(*record, Offset{0})) builder.build(Offset{1}, LeaderEpoch{0});
    }
    metadata::BatchReader reader{view};
    while (const auto batch = reader.next()) {
        if (!*batch) break;
    }
    return 0;
}
