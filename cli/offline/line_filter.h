// Runs a filter over lines: one line in, one line out, errors in their line's place.

#pragma once

#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace moldau::cli {

using LineFilter = std::function<Result<std::string>(std::string_view line)>;

// Reads `in` to its end. A line that the filter refuses becomes "error: ...". Errors: kMalformed with the count of such
// lines, kIo when reading or writing fails.
Result<void> filter_lines(std::FILE* in, std::FILE* out, const LineFilter& filter);

}  // namespace moldau::cli
