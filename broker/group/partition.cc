// UTF-8 seen as Java sees text: in UTF-16 units.

#include "group/partition.h"

#include "base/check.h"

namespace moldau::group {
namespace {

constexpr std::uint32_t kReplacement = 0xfffd;

struct Decoded {
    std::uint32_t code_point;
    std::size_t bytes;
};

// One code point at the start of `text`, which is not empty; malformed bytes are replaced one by one.
Decoded decode(std::string_view text) {
    const auto byte = [&](std::size_t index) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[index])); };
    const std::uint32_t lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    const std::size_t length = lead >= 0xf0 && lead < 0xf5   ? 4
                               : lead >= 0xe0 && lead < 0xf0 ? 3
                               : lead >= 0xc2 && lead < 0xe0 ? 2
                                                             : 0;
    if (length == 0 || text.size() < length) return {kReplacement, 1};
    std::uint32_t code_point = lead & (0xffu >> (length + 1));
    for (std::size_t index = 1; index < length; ++index) {
        if ((byte(index) & 0xc0) != 0x80) return {kReplacement, 1};
        code_point = (code_point << 6) | (byte(index) & 0x3f);
    }
    constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool is_surrogate = code_point >= 0xd800 && code_point < 0xe000;
    if (code_point < kLeast[length] || code_point > 0x10ffff || is_surrogate) return {kReplacement, 1};
    return {code_point, length};
}

template <class Visit>
void for_each_utf16_unit(std::string_view text, Visit visit) {
    while (!text.empty()) {
        const auto [code_point, length] = decode(text);
        text.remove_prefix(length);
        if (code_point < 0x10000) {
            visit(code_point);
        } else {
            visit(0xd800 + ((code_point - 0x10000) >> 10));
            visit(0xdc00 + ((code_point - 0x10000) & 0x3ff));
        }
    }
}

}  // namespace

std::size_t utf16_length(std::string_view utf8) {
    std::size_t count = 0;
    for_each_utf16_unit(utf8, [&](std::uint32_t) { ++count; });
    return count;
}

std::int32_t java_hash(std::string_view utf8) {
    std::uint32_t hash = 0;
    for_each_utf16_unit(utf8, [&](std::uint32_t unit) { hash = hash * 31 + unit; });
    return static_cast<std::int32_t>(hash);
}

PartitionIndex partition_for(std::string_view group_id, std::int32_t partitions) {
    CHECK(partitions >= 1);
    // Kafka's Utils.abs: the sign bit is cut off the one value that has no positive counterpart.
    const std::int32_t hash = java_hash(group_id);
    const std::int32_t positive = hash == INT32_MIN ? 0 : hash < 0 ? -hash : hash;
    return PartitionIndex{positive % partitions};
}

}  // namespace moldau::group
