// TOPIC[:PARTITION,...] from text.

#include "cli/frame/topic_selection.h"

#include <algorithm>
#include <charconv>

namespace moldau::cli {

Result<TopicSelection> parse_topic_selection(std::string_view text) {
    const auto wrong = [&] {
        return fail(Errc::kUsage,
                    "'" + std::string(text) + "' names no topic: give TOPIC, or TOPIC:0,3 for some of its partitions");
    };
    const auto colon = text.find(':');
    TopicSelection made{std::string(text.substr(0, colon)), {}};
    if (made.topic.empty()) return wrong();
    if (colon == text.npos) return made;
    for (auto left = text.substr(colon + 1);;) {
        const auto comma = left.find(',');
        const auto number = left.substr(0, comma);
        std::int32_t partition = 0;
        const auto parsed = std::from_chars(number.data(), number.data() + number.size(), partition);
        if (parsed.ec != std::errc{} || parsed.ptr != number.data() + number.size() || partition < 0) return wrong();
        made.partitions.push_back(partition);
        if (comma == left.npos) break;
        left.remove_prefix(comma + 1);
    }
    std::ranges::sort(made.partitions);
    made.partitions.erase(std::ranges::unique(made.partitions).begin(), made.partitions.end());
    return made;
}

}  // namespace moldau::cli
