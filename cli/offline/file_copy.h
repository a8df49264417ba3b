// Copies a file as cheaply as its file system can: sharing blocks, copying inside the kernel, or through memory.

#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"

namespace moldau::cli {

// `to` must not exist. `copied(n)` is told of every further n bytes. What is written is not synced: sync_file_system() does
// that once for many. Errors: kIo, kDiskFull, kNotFound.
Result<void> copy_file(const std::string& from, const std::string& to, const std::function<void(std::int64_t)>& copied);

// Everything written to the file system that has `path` is on the disk.
Result<void> sync_file_system(const std::string& path);
// A small file, made or replaced, and on the disk; its name too.
Result<void> write_durably(const std::string& path, const std::string& content);

}  // namespace moldau::cli
