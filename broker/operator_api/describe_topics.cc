// Topics by name, or page by page.

#include <fmt/format.h>

#include <algorithm>

#include "operator_api/topic_orders.h"

namespace moldau::operator_api {
namespace {

constexpr std::int32_t kPageDefault = 500;

using Topics = std::vector<const metadata::Topic*>;

Topics named(const metadata::Image& image, const pb::DescribeTopicsRequest& request) {
    Topics topics;
    for (const auto& name : request.names()) {
        if (const auto* topic = image.find_topic(name)) topics.push_back(topic);
    }
    return topics;
}

// Those after `request.page()`; when there are more, `next` is the last one's name.
Topics page_of(const metadata::Image& image, const pb::DescribeTopicsRequest& request, std::string& next) {
    const auto size = static_cast<std::size_t>(request.page_size() == 0 ? kPageDefault : request.page_size());
    Topics all = image.topics();
    const auto first = std::ranges::upper_bound(all, request.page(), {}, [](const auto* topic) { return topic->name; });
    const auto left = static_cast<std::size_t>(all.end() - first);
    Topics page(first, first + static_cast<std::ptrdiff_t>(std::min(left, size)));
    if (left > size) next = page.back()->name;
    return page;
}

}  // namespace

Task<Result<pb::DescribeTopicsResponse>> describe_topics(handlers::Shard& home, Call& call,
                                                         const pb::DescribeTopicsRequest& request) {
    MOLDAU_CO_TRY(check_batch(request.names_size()));
    if (request.page_size() < 0 || request.page_size() > kBatchMax) {
        co_return fail(Errc::kInvalidRequest, fmt::format("page_size is {}, at most {}", request.page_size(), kBatchMax));
    }
    const auto image = home.image;
    std::string next;
    auto topics = request.names().empty() ? page_of(*image, request, next) : named(*image, request);
    std::erase_if(
        topics, [&](const auto* topic) { return !call.context.may_on_topic(security::Operation::kDescribe, topic->name); });
    pb::DescribeTopicsResponse response;
    std::vector<TopicToDescribe> described;
    for (const auto* topic : topics) described.push_back({topic, response.add_topics()});
    co_await describe(home, image, std::move(described));
    response.set_next_page(next);
    response.set_metadata_offset(image->end_offset().value);
    co_return response;
}

Task<void> add_topics(handlers::Shard& home, pb::TopicResults& results) {
    const auto image = home.image;
    std::vector<TopicToDescribe> described;
    for (auto& result : *results.mutable_results()) {
        if (const auto* topic = image->find_topic(result.name())) described.push_back({topic, result.mutable_topic()});
    }
    return describe(home, image, std::move(described));
}

}  // namespace moldau::operator_api
