// What the records of the bench say.

#pragma once

#include <cstddef>
#include <string>

namespace moldau::bench {

// The next record begins so much later in the text, bytes.
inline constexpr std::size_t kTextStep = 811;

// Words of a small vocabulary in random order, always the same: codecs halve it or better, as they do with records of
// people.
std::string make_text(std::size_t bytes);

}  // namespace moldau::bench
