// Reading a segment, or any file of record batches, front to back without trusting a byte of it.
//
// The problem: tools look at files that may be torn, foreign or damaged, and must say where and what instead of failing. The
// idea: headers are read in pieces, bodies only when asked for; the first thing that is no batch ends the walk with a
// sentence that names file, position, fault and remedy. Place: under `log dump`, `log check` and `import`; plain blocking
// reads, no loop.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "bytes/buffer.h"
#include "io/posix_calls.h"
#include "wire/record_batch.h"

namespace moldau::cli {

// Errors: kNotFound, kIo, kLimitExceeded.
Result<std::string> read_small_file(const std::string& path, std::size_t bytes_max = 64 << 20);

struct FileBatch {
    std::uint64_t position = 0;
    wire::BatchHeader header;
};

// Thread: one. Invariant: position() <= bytes().
class SegmentFile {
public:
    // Errors: kNotFound, kIo.
    static Result<SegmentFile> open(std::string path);

    // The header of the next batch, which is whole in the file; nullopt at the end. Errors: kIo; kCorrupt, and
    // kUnsupportedForMessageFormat for the formats before Kafka 0.11, with a whole sentence.
    Result<std::optional<FileBatch>> next();
    // All bytes of a batch that next() gave. Errors: kIo.
    Result<bytes::View> read(const FileBatch& batch) const;

    const std::string& path() const { return file_.path; }
    // Where the next batch starts, or the fault is.
    std::uint64_t position() const { return position_; }
    std::uint64_t bytes() const { return bytes_; }

private:
    SegmentFile(io::posix::OpenFile file, std::uint64_t bytes) : file_(std::move(file)), bytes_(bytes) {}
    Result<bytes::Span> header_bytes();
    std::unexpected<Error> fault(Errc code, const std::string& what) const;

    io::posix::OpenFile file_;
    std::uint64_t bytes_ = 0;
    std::uint64_t position_ = 0;
    std::vector<std::uint8_t> piece_;
    std::uint64_t piece_position_ = 0;
};

}  // namespace moldau::cli
