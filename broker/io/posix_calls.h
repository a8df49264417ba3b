// The blocking system calls on files, each complete: partial transfers are continued, errors say what was done to what.
//
// Called on I/O threads only. ENOSPC and EDQUOT become kDiskFull, ENOENT kNotFound, a lack of descriptors or memory kBusy,
// all else kIo, and every failed sync kIo; the context has the operation, the path, the position where there is one, and the
// system's text.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "bytes/buffer.h"
#include "io/file.h"

namespace moldau::io::posix {

// Owns a file descriptor.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor();
    int number() const { return number_; }

private:
    int number_ = -1;
};

// An open file, as the calls below name it in their errors.
struct OpenFile {
    Descriptor descriptor;
    std::string path;
};

// "write /data/x at 4096: No space left on device", with the code that fits `error_number`.
Error file_error(int error_number, std::string operation_and_path);

struct Opened {
    Descriptor descriptor;
    std::uint64_t bytes = 0;
};
Result<Opened> open_file(const std::string& path, OpenMode mode);
// As many bytes of `into` as the file has from `position` on.
Result<std::size_t> read_at(const OpenFile& file, std::uint64_t position, bytes::MutableSpan into);

struct Written {
    std::uint64_t bytes = 0;  // reached the file before the end or the error
    Result<void> result;
};
// All pieces one after the other, from `position` on.
Written write_at(const OpenFile& file, std::uint64_t position, std::span<const bytes::Span> pieces);
Result<void> sync(const OpenFile& file);
Result<void> truncate(const OpenFile& file, std::uint64_t bytes);
Result<void> allocate(const OpenFile& file, std::uint64_t bytes);

Result<std::vector<DirEntry>> list(const std::string& path);
Result<void> make_dirs(const std::string& path);
Result<void> remove_file(const std::string& path);
Result<void> remove_dir(const std::string& path);
Result<void> rename(const std::string& from, const std::string& to);
Result<void> sync_dir(const std::string& path);
Result<DiskSpace> space(const std::string& path);
// The descriptor holds the lock until it is closed.
Result<Descriptor> lock(const std::string& path);

}  // namespace moldau::io::posix
