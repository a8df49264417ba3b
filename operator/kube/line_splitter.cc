// Splitting at line ends, with a bound.

#include "operator/kube/line_splitter.h"

namespace moldau::kube {

Result<void> LineSplitter::feed(std::string_view chunk, const Take& take) {
    while (!chunk.empty()) {
        const auto end = chunk.find('\n');
        const auto part = chunk.substr(0, end);
        if (partial_.size() + part.size() > line_bytes_max_) {
            return fail(Errc::kLimitExceeded, "a watch event of more than " + std::to_string(line_bytes_max_) + " bytes");
        }
        if (end == std::string_view::npos) {
            partial_ += part;
            return {};
        }
        chunk.remove_prefix(end + 1);
        bool go_on = true;
        if (partial_.empty()) {
            if (!part.empty()) go_on = take(part);
        } else {
            partial_ += part;
            go_on = take(partial_);
            partial_.clear();
        }
        if (!go_on) return {};
    }
    return {};
}

}  // namespace moldau::kube
