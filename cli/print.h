// Answers on standard output.

#pragma once

#include <string_view>

#include "base/result.h"

namespace moldau::cli {

// As it is, without adding a line end.
void print(std::string_view text);
// Writes out what is buffered. Errors: kIo when that or an earlier write failed.
Result<void> flush();

}  // namespace moldau::cli
