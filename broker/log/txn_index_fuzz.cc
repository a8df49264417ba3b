// Any bytes as a transaction index: refused, or read to entries that ascend and write the same bytes again.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "log/txn_index.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace moldau;
    bytes::Span left{data, size};
    Offset marker_min{0};
    log::AbortedSearch search{Offset{10}, Offset{20}};
    std::size_t touching = 0;
    while (!left.empty()) {
        const auto aborted = log::decode_aborted(left, marker_min);
        if (!aborted) break;
        CHECK(aborted->last >= marker_min && aborted->first < aborted->last);
        std::array<std::uint8_t, log::kAbortedBytes> again;
        log::encode_aborted(again.data(), *aborted);
        CHECK(std::ranges::equal(again, left.first(log::kAbortedBytes)));
        search.take(*aborted);
        if (aborted->last >= search.from && aborted->first < search.end) ++touching;
        marker_min = aborted->last + 1;
        left = left.subspan(log::kAbortedBytes);
    }
    CHECK(search.found.size() <= touching);
    return 0;
}
