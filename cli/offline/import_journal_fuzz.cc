// The journal of an import: what parses, formats to the same bytes.

#include "base/check.h"
#include "cli/offline/import_journal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto steps = moldau::cli::parse_journal(text);
    if (steps) CHECK(moldau::cli::format_journal(*steps) == text);
    return 0;
}
