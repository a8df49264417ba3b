// Kafka's rules for topic names.

#include "metadata/topic_name.h"

#include <algorithm>
#include <cstdint>

namespace moldau::metadata {
namespace {

bool is_legal(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

char folded(char c) { return c == '.' ? '_' : c; }

}  // namespace

Result<void> validate_topic_name(std::string_view name) {
    const auto refuse = [](std::string why) { return fail(Errc::kInvalidTopicException, std::move(why)); };
    if (name.empty()) return refuse("the topic name is empty");
    if (name == "." || name == "..") return refuse("the topic name cannot be \".\" or \"..\"");
    if (name.size() > kTopicNameBytesMax) {
        return refuse("the topic name has " + std::to_string(name.size()) + " characters, at most " +
                      std::to_string(kTopicNameBytesMax) + " are allowed");
    }
    if (!std::ranges::all_of(name, is_legal)) {
        return refuse("the topic name is invalid, it may only have letters and digits of ASCII, '.', '_' and '-'");
    }
    return {};
}

bool is_internal_topic(std::string_view name) { return name == kConsumerOffsetsTopic || name == kTransactionStateTopic; }

std::size_t CollisionHash::operator()(std::string_view name) const noexcept {
    std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
    for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(folded(c))) * 0x100000001b3ULL;
    return static_cast<std::size_t>(hash);
}

bool CollisionOrder::operator()(std::string_view left, std::string_view right) const noexcept {
    return std::ranges::lexicographical_compare(left, right, {}, folded, folded);
}

bool CollisionEqual::operator()(std::string_view left, std::string_view right) const noexcept {
    return std::ranges::equal(left, right, {}, folded, folded);
}

}  // namespace moldau::metadata
