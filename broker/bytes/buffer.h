// Reference-counted memory and views into it, so that a batch travels from the socket to the disk and to consumers uncopied.
//
// The problem: one record batch is held by the connection that brought it, the hot tail, a disk write in flight and any
// number of fetch answers. The idea: a `Buffer` is filled once by one owner; after that it is read-only and shared through
// `View`s, each of which keeps the memory alive. The count is atomic, because I/O threads and other cores hold views too.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"

namespace moldau::bytes {

using Span = std::span<const std::uint8_t>;
using MutableSpan = std::span<std::uint8_t>;

namespace detail {
struct Block {
    std::atomic<std::uint32_t> references{1};
    std::size_t capacity = 0;
    std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(this + 1); }
    static Block* allocate(std::size_t capacity);
    void release();
};
}  // namespace detail

// A counted handle on one block of memory. Copies share the block.
class BlockRef {
public:
    BlockRef() = default;
    explicit BlockRef(detail::Block* block) : block_(block) {}
    BlockRef(const BlockRef& other) : block_(other.block_) {
        if (block_) block_->references.fetch_add(1, std::memory_order_relaxed);
    }
    BlockRef(BlockRef&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    BlockRef& operator=(BlockRef other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~BlockRef() {
        if (block_) block_->release();
    }
    detail::Block* get() const { return block_; }

private:
    detail::Block* block_ = nullptr;
};

// Read-only bytes that keep their memory alive. Cheap to copy and to cut. Thread: any; the bytes never change.
class View {
public:
    View() = default;
    View(BlockRef owner, Span bytes) : owner_(std::move(owner)), bytes_(bytes) {}
    // Copies `bytes` into memory of its own.
    static View copy_of(Span bytes);
    static View copy_of(std::string_view text);
    // Bytes that outlive every view, such as constants: nothing is counted.
    static View of_static(Span bytes) { return View{{}, bytes}; }

    const std::uint8_t* data() const { return bytes_.data(); }
    std::size_t size() const { return bytes_.size(); }
    bool empty() const { return bytes_.empty(); }
    Span span() const { return bytes_; }
    std::string_view text() const { return {reinterpret_cast<const char*>(data()), size()}; }
    // The bytes [start, start + length), sharing the memory. `start + length <= size()`.
    View slice(std::size_t start, std::size_t length) const {
        CHECK(start <= size() && length <= size() - start);
        return View{owner_, bytes_.subspan(start, length)};
    }
    View slice(std::size_t start) const { return slice(start, size() - start); }
    const BlockRef& owner() const { return owner_; }
    // Bytes of memory that this view keeps alive, for accounting; at least size().
    std::size_t held_bytes() const { return owner_.get() ? owner_.get()->capacity : size(); }

private:
    BlockRef owner_;
    Span bytes_;
};

// Memory being filled by its one owner; `View`s of the filled part may be taken at any time and stay valid.
// Invariants: size <= capacity; bytes before size never change once a view on them exists (patch_* say so).
class Buffer {
public:
    Buffer() = default;
    explicit Buffer(std::size_t capacity) : block_(detail::Block::allocate(capacity)) {}

    std::size_t size() const { return size_; }
    std::size_t capacity() const { return block_.get() ? block_.get()->capacity : 0; }
    std::uint8_t* data() { return block_.get() ? block_.get()->data() : nullptr; }
    const std::uint8_t* data() const { return block_.get() ? block_.get()->data() : nullptr; }
    // Where the next bytes go; `commit` says how many were put there.
    MutableSpan spare() { return {data() + size_, capacity() - size_}; }
    void commit(std::size_t count) {
        CHECK(count <= capacity() - size_);
        size_ += count;
    }
    void append(Span bytes);
    // Starts anew in the same memory. Only while no view of it exists.
    void clear() { size_ = 0; }
    View view() const { return View{block_, {data(), size_}}; }
    View view(std::size_t start, std::size_t length) const { return view().slice(start, length); }

private:
    BlockRef block_;
    std::size_t size_ = 0;
};

// Bytes of an open file that were not read: whoever sends them has the kernel do it (sendfile(2)). They must not change
// while the range exists.
struct FileRange {
    std::shared_ptr<const void> owner;  // keeps the descriptor open
    int descriptor = -1;
    std::uint64_t position = 0;
    std::size_t length = 0;
};

// Bytes in several pieces, in order, for scatter-gather writes. A value; copying shares the memory. Pieces are in memory,
// but for file ranges, which only get into lists whose way ends at a socket that takes them (io/socket.h: sends_files).
class ChunkList {
public:
    // A file range and how many chunks of memory come before it.
    struct PlacedRange {
        std::size_t chunks_before = 0;
        FileRange range;
    };

    ChunkList() = default;
    explicit ChunkList(View view) { append(std::move(view)); }
    void append(View view) {
        if (view.empty()) return;
        size_ += view.size();
        chunks_.push_back(std::move(view));
    }
    void append(FileRange range) {
        if (range.length == 0) return;
        size_ += range.length;
        file_bytes_ += range.length;
        ranges_.push_back({chunks_.size(), std::move(range)});
    }
    void append(const ChunkList& other) {
        std::size_t next = 0;
        for (const auto& placed : other.ranges_) {
            for (; next < placed.chunks_before; ++next) append(other.chunks_[next]);
            append(placed.range);
        }
        for (; next < other.chunks_.size(); ++next) append(other.chunks_[next]);
    }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    // Of size(), what is in memory.
    std::size_t memory_bytes() const { return size_ - file_bytes_; }
    // All pieces. Only of a list without file ranges.
    const std::vector<View>& chunks() const {
        CHECK(ranges_.empty());
        return chunks_;
    }
    // The pieces apart: those of memory, and the file ranges between them.
    const std::vector<View>& memory_chunks() const { return chunks_; }
    const std::vector<PlacedRange>& file_ranges() const { return ranges_; }
    // One contiguous view: the only chunk itself, or a copy of all. Only of a list without file ranges.
    View flatten() const;
    void clear() {
        chunks_.clear();
        ranges_.clear();
        size_ = 0;
        file_bytes_ = 0;
    }

private:
    std::vector<View> chunks_;
    std::vector<PlacedRange> ranges_;
    std::size_t size_ = 0;
    std::size_t file_bytes_ = 0;
};

// Same bytes, however they are cut.
bool operator==(const ChunkList& left, const ChunkList& right);
bool operator==(const View& left, const View& right);

}  // namespace moldau::bytes
