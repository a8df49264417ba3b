// Walks over the batches of a segment file in pieces, without trusting a byte of it.
//
// Place: under cold reads, searches by timestamp, recovery and the rebuilding of indexes. It says where things stop making
// sense; what to do about that is the caller's business.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "bytes/buffer.h"
#include "io/file.h"
#include "wire/record_batch.h"

namespace moldau::log {

struct FoundBatch {
    wire::BatchHeader header;
    std::uint64_t position = 0;
    bytes::View bytes;  // all of it
    Offset base() const { return header.base_offset; }
    Offset end() const { return header.next_offset(); }
};

// Why no batch can start with `bytes`, of which `bytes_left` more or less are in the file; nullopt when one can.
// `offset_min`: what its base offset must reach.
std::optional<std::string> implausible(bytes::Span bytes, Offset offset_min, std::uint64_t bytes_left);

// Thread: its log's core. The file stays open for as long as the cursor lives.
class BatchCursor {
public:
    struct Options {
        std::uint64_t position = 0;
        std::uint64_t end = 0;               // where the batches end in the file
        Offset offset_min{0};                // of the first batch
        std::size_t piece_bytes = 64 << 10;  // how much is read at once
    };
    BatchCursor(std::shared_ptr<io::File> file, Options options) : file_(std::move(file)), options_(options) {}

    // The next batch, nullopt at the end. Errors: kIo; kCorrupt, with path and position, when what stands there is no
    // plausible batch or goes on past the end; further calls then say the same.
    Task<Result<std::optional<FoundBatch>>> next();
    // The next batch without reading, when the piece in memory holds all of it.
    std::optional<FoundBatch> next_in_memory();
    // Where the next batch starts, or the damage does.
    std::uint64_t position() const { return options_.position; }

private:
    bytes::Span ahead() const;
    Task<Result<void>> fill(std::size_t bytes);
    FoundBatch take(wire::BatchHeader header);
    std::unexpected<Error> corrupt(std::string_view reason) const;

    std::shared_ptr<io::File> file_;
    Options options_;
    bytes::View piece_;
    std::uint64_t piece_position_ = 0;
};

}  // namespace moldau::log
