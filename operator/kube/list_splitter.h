// The objects of a list, one at a time, out of the chunks of its body.
//
// The problem: a list of ten thousand objects is tens of megabytes, and as a tree of nodes several times that. The idea: a
// scanner that knows strings and brackets finds the elements of the top-level array "items" and gives each one's text away
// at once; what surrounds them (metadata with the resource version and the continue token) is small and parsed at the end.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace moldau::kube {

// Holds at most one element and the envelope. Thread: one.
class ListSplitter {
public:
    // An error ends the splitting and comes back from `feed`.
    using Take = std::function<Result<void>(std::string_view item)>;

    explicit ListSplitter(std::size_t item_bytes_max) : item_bytes_max_(item_bytes_max) {}

    // Calls `take` with the text of each element that ends in `chunk`; the scanner knows brackets only, so the text may yet
    // be no JSON. Errors: kLimitExceeded (an element, or more than 1 MiB around them), kMalformed (an element that is no
    // object).
    Result<void> feed(std::string_view chunk, const Take& take);

    // The document without its elements: {"kind":...,"metadata":{...},"items":[]}. Errors: kMalformed when the body is not
    // whole or no JSON object.
    Result<nlohmann::json> finish() const;

private:
    Result<void> take_byte(char byte, const Take& take);
    Result<void> take_between_items(char byte);
    void note(char byte);
    Result<void> keep(char byte);

    std::size_t item_bytes_max_;
    std::size_t depth_ = 0;
    bool in_string_ = false;
    bool escaped_ = false;
    bool in_items_ = false;  // between the brackets of the top-level "items"
    std::string last_string_;
    std::string key_;  // of the value that follows, at the top level
    std::string item_;
    std::string envelope_;
};

}  // namespace moldau::kube
