// Answers on standard output.

#include "print.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace moldau::cli {

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

Result<void> flush() {
    errno = 0;
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return {};
    return fail(Errc::kIo, "cannot write the output: " + std::string(errno != 0 ? std::strerror(errno) : "a write failed"));
}

}  // namespace moldau::cli
