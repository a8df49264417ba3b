// Any bytes as a producer snapshot: refused, or read to what writes the same bytes again. With a right checksum half of the
// time, or nothing would ever get past it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "bytes/crc32c.h"
#include "bytes/endian.h"
#include "producers/producer_snapshot.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace moldau;
    std::vector<std::uint8_t> file{data, data + size};
    for (const bool repaired : {false, true}) {
        if (repaired && file.size() >= 6) {
            bytes::store_be(file.data() + 2, bytes::crc32c(bytes::Span{file}.subspan(6)));
        }
        const auto entries = producers::decode_producer_snapshot(file);
        if (!entries) continue;
        CHECK(std::ranges::equal(producers::encode_producer_snapshot(*entries).span(), file));
        producers::ProducerStates states;
        states.restore(*entries);
        CHECK(states.count() <= entries->size());
    }
    return 0;
}
