// Base64 (RFC 4648) as the JSON forms use it, and its URL alphabet as Kafka's uuids use it.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace moldau {

enum class Base64Alphabet { kStandard, kUrl };

// Standard is padded with '=', URL is not.
std::string base64_encode(std::span<const std::uint8_t> data, Base64Alphabet alphabet = Base64Alphabet::kStandard);
// Padding may be absent. Errors: kMalformed on a foreign character or an impossible length.
Result<std::vector<std::uint8_t>> base64_decode(std::string_view text, Base64Alphabet alphabet = Base64Alphabet::kStandard);

}  // namespace moldau
