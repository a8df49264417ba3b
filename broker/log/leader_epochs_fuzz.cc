// Any bytes as a leader-epoch-checkpoint or a cut note: refused, or read to what writes the same again.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "log/cut_marker.h"
#include "log/leader_epochs.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace moldau::log;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto epochs = LeaderEpochs::parse(text)) {
        const auto again = LeaderEpochs::parse(epochs->format());
        CHECK(again.has_value() && again->entries() == epochs->entries());
    }
    if (const auto marker = CutMarker::parse(text)) {
        const auto again = CutMarker::parse(marker->format());
        CHECK(again.has_value() && *again == *marker);
    }
    return 0;
}
