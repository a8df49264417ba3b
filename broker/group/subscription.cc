// The head of ConsumerProtocolSubscription: version int16, topics as an array of strings.

#include "group/subscription.h"

#include "wire/decoder.h"

namespace moldau::group {

std::optional<std::vector<std::string>> subscribed_topics(const bytes::View& metadata) {
    wire::Decoder in{metadata};
    const std::int16_t version = in.read_int16("version");
    const auto count = in.read_array_length({"topics", 2});
    if (!in.ok() || version < 0 || !count) return std::nullopt;
    std::vector<std::string> topics;
    for (std::size_t index = 0; index < *count && in.ok(); ++index) topics.push_back(in.read_string("topics"));
    if (!in.ok()) return std::nullopt;
    return topics;
}

}  // namespace moldau::group
