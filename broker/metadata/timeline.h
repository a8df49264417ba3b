// Images of what is appended but not committed, and the way back.
//
// The idea: since images share what did not change, keeping one per proposal costs little. A commit publishes the newest
// image that it covers; a failure drops all that it does not. Place: pure, inside `MetadataService`.

#pragma once

#include <deque>
#include <utility>

#include "base/check.h"
#include "base/ids.h"
#include "metadata/image.h"

namespace moldau::metadata {

// A value. Invariant: committed's end <= each staged end, which ascend.
class Timeline {
public:
    explicit Timeline(ImageRef committed) : committed_(std::move(committed)) {}

    const ImageRef& committed() const { return committed_; }
    // What the next decision is made on.
    const ImageRef& newest() const { return staged_.empty() ? committed_ : staged_.back(); }
    std::size_t staged() const { return staged_.size(); }

    void stage(ImageRef image) {
        CHECK(image->end_offset() > newest()->end_offset());
        staged_.push_back(std::move(image));
    }
    // Everything below `end` is committed.
    void commit(Offset end) {
        while (!staged_.empty() && staged_.front()->end_offset() <= end) {
            committed_ = std::move(staged_.front());
            staged_.pop_front();
        }
    }
    // What is not committed never was.
    void roll_back() { staged_.clear(); }

private:
    ImageRef committed_;
    std::deque<ImageRef> staged_;
};

}  // namespace moldau::metadata
