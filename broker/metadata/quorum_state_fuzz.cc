// The quorum-state file from damaged text.

#include <cstdlib>

#include "metadata/quorum_state.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace moldau;
    const auto state = metadata::parse_quorum_state({reinterpret_cast<const char*>(data), size});
    if (state && metadata::parse_quorum_state(metadata::format_quorum_state(*state)) != state) std::abort();
    return 0;
}
