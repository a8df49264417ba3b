// The ring and its tokens.

#include "operator_api/topic_history.h"

#include <charconv>

#include "base/check.h"

namespace moldau::operator_api {

void TopicHistory::add(const metadata::Image& from, const metadata::Image& to) {
    metadata::Image::for_each_changed_topic(from, to, [&](const metadata::Topic* before, const metadata::Topic* after) {
        const auto& topic = after != nullptr ? *after : *before;
        changes_.push_back({topic.id, topic.name});
        ++last_;
        if (changes_.size() > capacity_) changes_.pop_front();
    });
}

TopicHistory::Changes TopicHistory::after(std::uint64_t number, std::size_t count_max) const {
    CHECK(reaches(number));
    Changes found{{}, number};
    for (auto at = number - forgotten(); at < changes_.size() && found.topics.size() < count_max; ++at) {
        found.topics[changes_[at].id] = changes_[at].name;
        ++found.last;
    }
    return found;
}

std::string TopicHistory::token(std::uint64_t number) const {
    return incarnation_.to_string() + ':' + std::to_string(number);
}

std::optional<std::uint64_t> TopicHistory::parse(std::string_view token) const {
    const auto prefix = incarnation_.to_string() + ':';
    if (!token.starts_with(prefix)) return std::nullopt;
    token.remove_prefix(prefix.size());
    std::uint64_t number = 0;
    const auto* end = token.data() + token.size();
    const auto [last, error] = std::from_chars(token.data(), end, number);
    if (error != std::errc{} || last != end) return std::nullopt;
    return number;
}

}  // namespace moldau::operator_api
