// Answers on standard output, errors on standard error.

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/frame/global.h"

namespace moldau::cli {

// As it is, without adding a line end.
void print(std::string_view text);
// Writes out what is buffered. Errors: kIo when that or an earlier write failed.
Result<void> flush();

// Whole lines: "error: " before each sentence, or {"error":"UNKNOWN_TOPIC_OR_PARTITION","messages":["..."]}.
std::string error_text(Output output, const Error& error);

}  // namespace moldau::cli
