// Pieces of a file, and what is wrong with them.

#include "cli/offline/segment_file.h"

#include <algorithm>

namespace moldau::cli {
namespace {

constexpr std::size_t kPieceBytes = 256 << 10;

Result<io::posix::Opened> open_for_reading(const std::string& path) {
    return io::posix::open_file(path, io::OpenMode::kRead);
}

}  // namespace

Result<std::string> read_small_file(const std::string& path, std::size_t bytes_max) {
    MOLDAU_TRY_ASSIGN(opened, open_for_reading(path));
    if (opened.bytes > bytes_max) {
        return fail(Errc::kLimitExceeded,
                    path + ": " + std::to_string(opened.bytes) + " bytes are too many for such a file");
    }
    const io::posix::OpenFile file{std::move(opened.descriptor), path};
    std::string text(static_cast<std::size_t>(opened.bytes), '\0');
    MOLDAU_TRY_ASSIGN(count, io::posix::read_at(file, 0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}));
    text.resize(count);
    return text;
}

Result<SegmentFile> SegmentFile::open(std::string path) {
    MOLDAU_TRY_ASSIGN(opened, open_for_reading(path));
    return SegmentFile{{std::move(opened.descriptor), std::move(path)}, opened.bytes};
}

std::unexpected<Error> SegmentFile::fault(Errc code, const std::string& what) const {
    return fail(code, path() + " at " + std::to_string(position_) + ": " + what);
}

// What the file has from position_ on, at least a header's bytes unless it ends before.
Result<bytes::Span> SegmentFile::header_bytes() {
    const bool is_there =
        position_ >= piece_position_ && position_ + wire::kBatchHeaderBytes <= piece_position_ + piece_.size();
    if (!is_there) {
        piece_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, bytes_ - position_)));
        MOLDAU_TRY_ASSIGN(count, io::posix::read_at(file_, position_, piece_));
        piece_.resize(count);
        piece_position_ = position_;
    }
    return bytes::Span{piece_}.subspan(static_cast<std::size_t>(position_ - piece_position_));
}

Result<std::optional<FileBatch>> SegmentFile::next() {
    if (position_ >= bytes_) return std::nullopt;
    MOLDAU_TRY_ASSIGN(bytes, header_bytes());
    const auto left = bytes_ - position_;
    if (std::ranges::all_of(bytes.first(std::min(bytes.size(), wire::kBatchHeaderBytes)),
                            [](std::uint8_t byte) { return byte == 0; })) {
        return fault(Errc::kCorrupt, "only zeros, as a crash leaves room that was reserved; the " + std::to_string(left) +
                                         " bytes from here on are no records");
    }
    const auto header = wire::BatchHeader::parse(bytes);
    if (!header && header.error().code == Errc::kUnsupportedForMessageFormat) {
        return fault(Errc::kUnsupportedForMessageFormat, "records in a format older than Kafka 0.11 (" +
                                                             header.error().context +
                                                             "); read the topic with a consumer and produce it anew");
    }
    if (!header) return fault(Errc::kCorrupt, "no record batch: " + header.error().context);
    if (header->size_bytes() > left) {
        return fault(Errc::kCorrupt, "a batch of " + std::to_string(header->size_bytes()) + " bytes begins here and " +
                                         std::to_string(left) + " are left: the file is torn");
    }
    const FileBatch found{position_, *header};
    position_ += header->size_bytes();
    return found;
}

Result<bytes::View> SegmentFile::read(const FileBatch& batch) const {
    bytes::Buffer buffer{batch.header.size_bytes()};
    MOLDAU_TRY_ASSIGN(count, io::posix::read_at(file_, batch.position, buffer.spare().first(batch.header.size_bytes())));
    if (count != batch.header.size_bytes()) return fail(Errc::kIo, path() + ": became shorter while it was read");
    buffer.commit(count);
    return buffer.view();
}

}  // namespace moldau::cli
