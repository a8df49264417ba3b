// Any value of a setting: what comes of it has no placeholder that was there before, and any host name.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "settings/placeholders.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const moldau::settings::KeyValues environment = {{"NAME", "broker-0"}, {"", "nobody"}};
    const auto expanded = moldau::settings::expand_placeholders(text, environment);
    if (expanded) CHECK(expanded->find("${") == std::string::npos);
    const auto ordinal = moldau::settings::ordinal_of(text);
    if (ordinal) CHECK(!ordinal->empty() && ordinal->size() <= 9);
    return 0;
}
