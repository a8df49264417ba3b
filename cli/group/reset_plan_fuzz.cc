// Any text as a line of a plan: it is refused, or it is a place in a partition.

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "cli/group/reset_plan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto planned = moldau::cli::parse_plan_line({reinterpret_cast<const char*>(data), size}, "billing");
    if (planned) CHECK(!planned->topic.empty() && planned->partition >= 0 && planned->offset >= 0);
    return 0;
}
