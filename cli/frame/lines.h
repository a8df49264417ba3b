// The lines of a file, one after the other, without their line ends.

#pragma once

#include <cstdio>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace moldau::cli {

// The file stays the caller's.
class Lines {
public:
    explicit Lines(std::FILE* file) : file_(file) {}
    ~Lines();
    Lines(const Lines&) = delete;
    Lines& operator=(const Lines&) = delete;

    // The next line, good until the next call; nullopt at the end and when reading fails.
    std::optional<std::string_view> next();
    // Did reading end at the file's end? Errors: kIo.
    Result<void> status() const;
    std::size_t count() const { return count_; }

private:
    std::FILE* file_;
    char* line_ = nullptr;
    std::size_t capacity_ = 0;
    std::size_t count_ = 0;
    int error_ = 0;
};

}  // namespace moldau::cli
