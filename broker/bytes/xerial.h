// Snappy as Java's clients frame it: a header, then blocks that each say their compressed length.
//
//   stream = header block*                    several streams may follow one another
//   header = %x82 "SNAPPY" %x00 version compatible-with      (each int32, big endian; 1 and 1)
//   block  = length raw-snappy                (length: int32, big endian, > 0)
//
// A length never begins with 0x82, since it would be negative; so a header can be told from a block. Place: used by the
// snappy codec only (bytes/codec.h). Raw snappy, as C clients may send it, is recognised by the missing header.

#pragma once

#include <cstddef>
#include <optional>

#include "base/result.h"
#include "bytes/buffer.h"

namespace moldau::bytes::xerial {

inline constexpr std::size_t kHeaderBytes = 16;
inline constexpr std::size_t kBlockBytes = std::size_t{32} << 10;  // uncompressed bytes of a block that we write

// Does `in` begin with the magic bytes?
bool is_framed(Span in);
// Bytes written; `out` has room for kHeaderBytes.
std::size_t put_header(std::uint8_t* out);

// Walks over the blocks of framed or raw input.
class BlockReader {
public:
    BlockReader() = default;
    explicit BlockReader(Span in) : left_(in), framed_(is_framed(in)) {}

    // The raw snappy of the next block, nullopt at the end. Errors: kMalformed.
    Result<std::optional<Span>> next();

private:
    Result<void> skip_header();
    Span left_;
    bool framed_ = false;
};

// What `block` says it inflates to. Errors: kMalformed, also when it claims more than any snappy block of that size
// could hold, so that the answer may be allocated.
Result<std::size_t> inflated_bytes(Span block);

}  // namespace moldau::bytes::xerial
