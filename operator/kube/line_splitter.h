// The lines of a watch out of the chunks of its body.

#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace moldau::kube {

// Holds at most one line that is not yet whole. Thread: one.
class LineSplitter {
public:
    // `take` says whether to go on; when not, the rest of the chunk is dropped.
    using Take = std::function<bool(std::string_view line)>;

    explicit LineSplitter(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

    // Calls `take` for each line that ends in `chunk`, without its line end; empty lines are passed over.
    // Errors: kLimitExceeded when a line is longer than allowed; nothing can be fed after it.
    Result<void> feed(std::string_view chunk, const Take& take);

    // Bytes of a line that has not ended: at the end of a body they are the part of a cut event.
    std::size_t pending_bytes() const { return partial_.size(); }

private:
    std::size_t line_bytes_max_;
    std::string partial_;
};

}  // namespace moldau::kube
