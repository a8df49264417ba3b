// The segments of one log in the order of their offsets; the last one is appended to.

#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/ids.h"
#include "log/segment.h"

namespace moldau::log {

using SegmentRef = std::shared_ptr<Segment>;  // reads under way share it

// Invariant: not empty once its log is open; base offsets ascend.
class SegmentList {
public:
    void push_back(SegmentRef segment) {
        CHECK(all_.empty() || all_.back()->base_offset() < segment->base_offset());
        all_.push_back(std::move(segment));
    }
    void pop_back() { all_.pop_back(); }
    void pop_front() { all_.erase(all_.begin()); }
    void clear() { all_.clear(); }

    // Are these neighbours in the list, in this order?
    bool contains_run(const std::vector<SegmentRef>& run) const {
        const auto first = std::ranges::find(all_, run.front());
        return std::cmp_less_equal(run.size(), all_.end() - first) && std::equal(run.begin(), run.end(), first);
    }
    // `fresh` takes the place of the run.
    void replace_run(const std::vector<SegmentRef>& run, SegmentRef fresh) {
        const auto first = std::ranges::find(all_, run.front());
        *first = std::move(fresh);
        all_.erase(first + 1, first + static_cast<std::ptrdiff_t>(run.size()));
    }

    bool empty() const { return all_.empty(); }
    std::size_t count() const { return all_.size(); }
    const std::vector<SegmentRef>& all() const { return all_; }
    const SegmentRef& front() const { return all_.front(); }
    const SegmentRef& active() const { return all_.back(); }

    // The last segment that begins at or below `offset`, the first one when none does.
    SegmentRef floor(Offset offset) const {
        auto after =
            std::ranges::upper_bound(all_, offset, {}, [](const SegmentRef& segment) { return segment->base_offset(); });
        return after == all_.begin() ? all_.front() : *(after - 1);
    }
    // The segment that follows `segment`; null after the last.
    SegmentRef after(const Segment& segment) const {
        const auto found = std::ranges::upper_bound(all_, segment.base_offset(), {},
                                                    [](const SegmentRef& other) { return other->base_offset(); });
        return found == all_.end() ? nullptr : *found;
    }

private:
    std::vector<SegmentRef> all_;
};

}  // namespace moldau::log
