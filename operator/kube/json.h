// JSON from outside, parsed with limits and without exceptions.

#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace moldau::kube {

inline constexpr std::size_t kJsonDepthMax = 512;

// Errors: kMalformed when it is no JSON or nested deeper than kJsonDepthMax (what walks a tree is recursive).
Result<nlohmann::json> parse_json(std::string_view text);
// Compact; bytes that are no UTF-8 become U+FFFD.
std::string json_text(const nlohmann::json& value);

// What is at `pointer` (RFC 6901), or null. Never fails.
const nlohmann::json* json_find(const nlohmann::json& root, std::string_view pointer);
// The string at `pointer`, or empty.
std::string json_string(const nlohmann::json& root, std::string_view pointer);

// Puts `value` at `pointer`, making objects on the way; says whether that was possible (an array's element is replaced, not
// added).
bool json_set(nlohmann::json& root, std::string_view pointer, nlohmann::json value);
// Removes what is at `pointer`; says whether there was something.
bool json_erase(nlohmann::json& root, std::string_view pointer);

// "~" and "/" escaped, for use inside a pointer.
std::string pointer_escape(std::string_view segment);

}  // namespace moldau::kube
