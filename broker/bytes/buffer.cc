// Allocation, counting and copying behind buffers and views.

#include "bytes/buffer.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace moldau::bytes {

namespace detail {

Block* Block::allocate(std::size_t capacity) {
    void* memory = std::malloc(sizeof(Block) + capacity);
    CHECK(memory != nullptr);
    auto* block = new (memory) Block;
    block->capacity = capacity;
    return block;
}

void Block::release() {
    if (references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    this->~Block();
    std::free(this);
}

}  // namespace detail

View View::copy_of(Span bytes) {
    if (bytes.empty()) return {};
    Buffer buffer{bytes.size()};
    buffer.append(bytes);
    return buffer.view();
}

View View::copy_of(std::string_view text) {
    return copy_of(Span{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

void Buffer::append(Span bytes) {
    CHECK(bytes.size() <= capacity() - size_);
    if (!bytes.empty()) std::memcpy(data() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
}

View ChunkList::flatten() const {
    CHECK(ranges_.empty());
    if (chunks_.empty()) return {};
    if (chunks_.size() == 1) return chunks_.front();
    Buffer buffer{size_};
    for (const auto& chunk : chunks_) buffer.append(chunk.span());
    return buffer.view();
}

bool operator==(const View& left, const View& right) { return std::ranges::equal(left.span(), right.span()); }

bool operator==(const ChunkList& left, const ChunkList& right) {
    return left.size() == right.size() && left.flatten() == right.flatten();
}

}  // namespace moldau::bytes
