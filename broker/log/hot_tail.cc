// The queue of hot batches.

#include "log/hot_tail.h"

#include <algorithm>

namespace moldau::log {

namespace {

// A view that keeps more than so many times its own length in memory is copied.
constexpr std::size_t kPinnedFactorMax = 4;
// How many emptied places may stand before the batches before they are closed up.
constexpr std::size_t kGapMax = 64;

}  // namespace

std::size_t HotTail::held_by(const HotBatch& batch) { return batch.bytes.size() + sizeof(HotBatch); }

void HotTail::append(HotBatch batch) {
    std::size_t held = 0;
    for (const auto& view : batch.bytes.chunks()) held += view.held_bytes();
    if (held > kPinnedFactorMax * batch.bytes.size()) {
        bytes::Buffer copy{batch.bytes.size()};
        for (const auto& view : batch.bytes.chunks()) copy.append(view.span());
        batch.bytes = bytes::ChunkList{copy.view()};
    }
    held_bytes_ += held_by(batch);
    batches_.push_back(std::move(batch));
}

void HotTail::evict(std::size_t bytes_max, Offset written_end) {
    while (held_bytes_ > bytes_max && count() > 0 && at(0).end <= written_end) {
        held_bytes_ -= held_by(at(0));
        batches_[first_++].bytes = {};
    }
    if (first_ == batches_.size() || (first_ > kGapMax && first_ > count())) compact();
}

void HotTail::compact() {
    batches_.erase(batches_.begin(), batches_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
}

void HotTail::clear() {
    std::vector<HotBatch>{}.swap(batches_);
    first_ = 0;
    held_bytes_ = 0;
}

void HotTail::truncate_to(Offset end) {
    while (count() > 0 && batches_.back().end > end) {
        held_bytes_ -= held_by(batches_.back());
        batches_.pop_back();
    }
    if (count() == 0) clear();
}

std::optional<std::size_t> HotTail::find(Offset offset) const {
    if (count() == 0 || offset < at(0).base) return std::nullopt;
    const auto begin = batches_.begin() + static_cast<std::ptrdiff_t>(first_);
    const auto found = std::ranges::upper_bound(begin, batches_.end(), offset, {}, &HotBatch::end);
    if (found == batches_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - begin);
}

}  // namespace moldau::log
