// Any text as a record's JSON: it is refused, or it is a record with a sound partition and time.

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "cli/records/record_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto record = moldau::cli::parse_json_record({reinterpret_cast<const char*>(data), size});
    if (record) CHECK(record->partition.value_or(0) >= 0 && record->timestamp_ms.value_or(0) >= 0);
    return 0;
}
