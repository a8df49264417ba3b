// Tokens, certificates and configuration: files of some kilobytes, read whole.

#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace moldau::kube {

// Errors: kNotFound, kIo, kLimitExceeded; the context has the path.
Result<std::string> read_small_file(const std::string& path, std::size_t bytes_max);

}  // namespace moldau::kube
