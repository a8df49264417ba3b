// Reading batches piece by piece.

#include "log/batch_cursor.h"

#include <algorithm>
#include <string>

namespace moldau::log {

std::optional<std::string> implausible(bytes::Span bytes, Offset offset_min, std::uint64_t bytes_left) {
    if (bytes_left < wire::kBatchHeaderBytes || bytes.size() < wire::kBatchHeaderBytes)
        return "the file ends inside a batch header";
    const auto header = wire::BatchHeader::parse(bytes);
    if (!header) return header.error().context.empty() ? std::string{"no batch header"} : header.error().context;
    if (header->base_offset < offset_min) {
        return "base offset " + std::to_string(header->base_offset.value) + " where at least " +
               std::to_string(offset_min.value) + " must stand";
    }
    if (header->size_bytes() > bytes_left) return "the file ends inside a batch";
    return std::nullopt;
}

bytes::Span BatchCursor::ahead() const {
    if (options_.position < piece_position_ || options_.position >= piece_position_ + piece_.size()) return {};
    const std::uint64_t length = std::min(options_.end, piece_position_ + piece_.size()) - options_.position;
    return piece_.span().subspan(options_.position - piece_position_, length);
}

std::unexpected<Error> BatchCursor::corrupt(std::string_view reason) const {
    return fail(Errc::kCorrupt, file_->path() + " at " + std::to_string(options_.position) + ": " + std::string{reason});
}

Task<Result<void>> BatchCursor::fill(std::size_t bytes) {
    const std::uint64_t left = options_.end - options_.position;
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(left, std::max(bytes, options_.piece_bytes)));
    MOLDAU_CO_TRY_ASSIGN(piece, co_await io::read(*file_, options_.position, length));
    piece_ = std::move(piece);
    piece_position_ = options_.position;
    if (piece_.size() < std::min<std::size_t>(bytes, length)) co_return corrupt("the file is shorter than it was");
    co_return Result<void>{};
}

FoundBatch BatchCursor::take(wire::BatchHeader header) {
    FoundBatch found{header, options_.position, piece_.slice(options_.position - piece_position_, header.size_bytes())};
    options_.position += header.size_bytes();
    options_.offset_min = header.next_offset();
    return found;
}

std::optional<FoundBatch> BatchCursor::next_in_memory() {
    const bytes::Span front = ahead();
    if (implausible(front, options_.offset_min, front.size())) return std::nullopt;
    return take(*wire::BatchHeader::parse(front));
}

Task<Result<std::optional<FoundBatch>>> BatchCursor::next() {
    if (options_.position >= options_.end) co_return std::nullopt;
    if (auto found = next_in_memory()) co_return found;
    const std::uint64_t left = options_.end - options_.position;
    if (ahead().size() < std::min<std::uint64_t>(left, wire::kBatchHeaderBytes)) {
        MOLDAU_CO_TRY(co_await fill(wire::kBatchHeaderBytes));
    }
    if (auto reason = implausible(ahead(), options_.offset_min, left)) co_return corrupt(*reason);
    const wire::BatchHeader header = *wire::BatchHeader::parse(ahead());
    if (ahead().size() < header.size_bytes()) MOLDAU_CO_TRY(co_await fill(header.size_bytes()));
    if (ahead().size() < header.size_bytes()) co_return corrupt("the file is shorter than it was");
    co_return take(header);
}

}  // namespace moldau::log
