// Uuids to and from text.

#include "base/uuid.h"

#include <algorithm>

#include "base/base64.h"

namespace moldau {

std::string Uuid::to_string() const { return base64_encode(bytes, Base64Alphabet::kUrl); }

Result<Uuid> Uuid::parse(std::string_view text) {
    if (text.size() != 22) return fail(Errc::kMalformed, "uuid: not 22 characters");
    auto data = base64_decode(text, Base64Alphabet::kUrl);
    if (!data) return fail(std::move(data).error());
    Uuid id;
    std::ranges::copy(*data, id.bytes.begin());
    return id;
}

Uuid Uuid::from_random(std::array<std::uint8_t, 16> random) {
    Uuid id{random};
    id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x40);
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
    return id;
}

}  // namespace moldau
