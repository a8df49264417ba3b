// The queue of hot batches.

#include "log/hot_tail.h"

#include <algorithm>

namespace moldau::log {

namespace {

// A view that keeps more than so many times its own length in memory is copied.
constexpr std::size_t kPinnedFactorMax = 4;
// How many emptied places may stand before the batches before they are closed up.
constexpr std::size_t kGapMax = 64;
// An empty tail keeps the places of so many batches.
constexpr std::size_t kRoomKept = 8;
// How many tails an append looks at for something to drop; those that wait for their writes have nothing.
constexpr std::size_t kTailsTriedMax = 64;

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
    count_held(held_by(batch));
    batches_.push_back(std::move(batch));
    if (budget_) budget_->enforce();
}

void HotTail::count_held(std::size_t bytes) {
    if (budget_) {
        if (held_bytes_ > 0) budget_->tails_.erase(place_);
        place_ = budget_->tails_.insert(budget_->tails_.end(), this);
        budget_->used_ += bytes;
    }
    held_bytes_ += bytes;
}

void HotTail::count_dropped(std::size_t bytes) {
    held_bytes_ -= bytes;
    if (!budget_ || bytes == 0) return;
    budget_->used_ -= bytes;
    if (held_bytes_ == 0) budget_->tails_.erase(place_);
}

void HotBudget::enforce() {
    auto next = tails_.begin();
    for (std::size_t tried = 0; used_ > bytes_max_ && next != tails_.end() && tried < kTailsTriedMax; ++tried) {
        HotTail& coldest = **next++;  // it may leave the list
        const std::size_t excess = used_ - bytes_max_;
        coldest.evict(coldest.held_bytes_ - std::min(coldest.held_bytes_, excess), coldest.written_end_);
    }
}

void HotTail::drop_front() {
    count_dropped(held_by(at(0)));
    batches_[first_++].bytes = {};
}

void HotTail::evict(std::size_t bytes_max, Offset written_end) {
    written_end_ = written_end;
    while (held_bytes_ > bytes_max && count() > 0 && at(0).end <= written_end) drop_front();
    if (first_ == batches_.size() || (first_ > kGapMax && first_ > count())) compact();
}

void HotTail::compact() {
    if (first_ == batches_.size() && batches_.capacity() > kRoomKept) std::vector<HotBatch>{}.swap(batches_);
    first_ = std::min(first_, batches_.size());
    batches_.erase(batches_.begin(), batches_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
}

void HotTail::clear() {
    std::vector<HotBatch>{}.swap(batches_);
    first_ = 0;
    count_dropped(held_bytes_);
}

void HotTail::truncate_to(Offset end) {
    while (count() > 0 && batches_.back().end > end) {
        count_dropped(held_by(batches_.back()));
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
