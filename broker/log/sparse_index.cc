// The tail, the probing search and the writes of an index file.

#include "log/sparse_index.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace moldau::log {

namespace {

// Below so many candidates they are read at once.
constexpr std::uint32_t kBlockEntries = 512;

// The first entry of `block` for which `precedes` does not hold.
std::size_t partition_point(bytes::Span block, std::size_t entry_bytes, const SparseIndex::Precedes& precedes) {
    std::size_t low = 0;
    std::size_t high = block.size() / entry_bytes;
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (precedes(block.data() + middle * entry_bytes)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

}  // namespace

void SparseIndex::append(const std::uint8_t* entry) { tail_.insert(tail_.end(), entry, entry + entry_bytes_); }

void SparseIndex::adopt(std::uint64_t file_bytes) {
    clear();
    file_entries_ = static_cast<std::uint32_t>(file_bytes / entry_bytes_);
}

void SparseIndex::clear() {
    ++generation_;
    file_entries_ = 0;
    std::vector<std::uint8_t>{}.swap(tail_);
}

void SparseIndex::keep(std::uint32_t count) {
    CHECK(count <= file_entries_);
    ++generation_;
    file_entries_ = count;
    std::vector<std::uint8_t>{}.swap(tail_);
}

IndexEntry SparseIndex::load(const std::uint8_t* entry) const {
    IndexEntry loaded{};
    std::memcpy(loaded.data(), entry, entry_bytes_);
    return loaded;
}

Task<Result<std::optional<IndexEntry>>> SparseIndex::find(io::FileSystem& files, Precedes precedes) {
    if (const std::size_t count = partition_point(tail_, entry_bytes_, precedes); count > 0) {
        co_return load(tail_.data() + (count - 1) * entry_bytes_);
    }
    if (file_entries_ == 0) co_return std::nullopt;
    co_return co_await find_in_file(files, std::move(precedes));
}

Task<Result<std::optional<IndexEntry>>> SparseIndex::last(io::FileSystem& files) {
    co_return co_await find(files, [](const std::uint8_t*) { return true; });
}

Task<Result<std::optional<IndexEntry>>> SparseIndex::find_in_file(io::FileSystem& files, Precedes precedes) {
    std::uint32_t low = 0;  // entries before it precede
    std::uint32_t high = file_entries_;
    auto opened = co_await io::open(files, path_, io::OpenMode::kRead);
    if (!opened) {
        if (opened.error().code == Errc::kNotFound) co_return std::nullopt;
        co_return fail(std::move(opened).error());
    }
    io::File& file = *opened->file;
    while (high - low > kBlockEntries) {
        const std::uint32_t middle = low + (high - low) / 2;
        MOLDAU_CO_TRY_ASSIGN(entry, co_await io::read(file, std::uint64_t{middle} * entry_bytes_, entry_bytes_));
        if (entry.size() < entry_bytes_) co_return std::nullopt;
        if (precedes(entry.data())) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const std::uint32_t first = low > 0 ? low - 1 : 0;
    const std::size_t length = std::size_t{high - first} * entry_bytes_;
    if (length == 0) co_return std::nullopt;
    MOLDAU_CO_TRY_ASSIGN(block, co_await io::read(file, std::uint64_t{first} * entry_bytes_, length));
    if (block.size() < length) co_return std::nullopt;
    const std::size_t count = partition_point(block.span(), entry_bytes_, precedes);
    if (count == 0) co_return std::nullopt;
    co_return load(block.data() + (count - 1) * entry_bytes_);
}

Task<Result<void>> SparseIndex::write_tail_to(io::File& file, std::uint32_t count) {
    if (count <= file_entries_ || tail_.empty()) co_return Result<void>{};
    const std::size_t length = std::min(tail_.size(), std::size_t{count - file_entries_} * entry_bytes_);
    const std::uint64_t generation = generation_;
    const std::uint64_t position = std::uint64_t{file_entries_} * entry_bytes_;
    MOLDAU_CO_TRY(
        co_await io::write(file, position, bytes::ChunkList{bytes::View::copy_of(bytes::Span{tail_}.first(length))}));
    if (generation != generation_) co_return Result<void>{};
    file_entries_ += static_cast<std::uint32_t>(length / entry_bytes_);
    tail_.erase(tail_.begin(), tail_.begin() + static_cast<std::ptrdiff_t>(length));
    if (tail_.empty()) std::vector<std::uint8_t>{}.swap(tail_);  // assigning {} would keep the memory
    co_return Result<void>{};
}

Task<Result<void>> SparseIndex::write_tail(io::FileSystem& files, std::uint32_t count) {
    if (tail_.empty() || count <= file_entries_) co_return Result<void>{};
    MOLDAU_CO_TRY_ASSIGN(opened, co_await io::open(files, path_, io::OpenMode::kCreate));
    co_return co_await write_tail_to(*opened.file, count);
}

Task<Result<void>> SparseIndex::finish(io::FileSystem& files) {
    MOLDAU_CO_TRY_ASSIGN(opened, co_await io::open(files, path_, io::OpenMode::kCreate));
    const bool has_news = !tail_.empty();
    MOLDAU_CO_TRY(co_await write_tail_to(*opened.file, entries()));
    const std::uint64_t bytes = std::uint64_t{file_entries_} * entry_bytes_;
    if (opened.bytes > bytes) {
        MOLDAU_CO_TRY(co_await io::truncate(*opened.file, bytes));
    } else if (!has_news) {
        co_return Result<void>{};
    }
    co_return co_await io::sync(*opened.file);
}

}  // namespace moldau::log
