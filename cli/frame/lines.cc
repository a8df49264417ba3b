// Lines of a file by getline(3).

#include "cli/frame/lines.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace moldau::cli {

Lines::~Lines() { std::free(line_); }

std::optional<std::string_view> Lines::next() {
    errno = 0;
    const auto bytes = ::getline(&line_, &capacity_, file_);
    if (bytes < 0) {
        error_ = std::feof(file_) != 0 ? 0 : errno;
        return std::nullopt;
    }
    ++count_;
    std::string_view line{line_, static_cast<std::size_t>(bytes)};
    if (line.ends_with('\n')) line.remove_suffix(1);
    return line;
}

Result<void> Lines::status() const {
    if (error_ != 0) return fail(Errc::kIo, "cannot read the input: " + std::string(std::strerror(error_)));
    return {};
}

}  // namespace moldau::cli
