// Snapshot in parts, then changes.

#include "operator_api/topic_feed.h"

#include <algorithm>
#include <utility>

namespace moldau::operator_api {

std::optional<FeedStep> TopicFeed::next(const metadata::ImageRef& image) {
    if (snapshot_) return next_part();
    if (!told_ || !history_.reaches(*told_)) {
        snapshot_.emplace(image, image->topics(), history_.last());
        return next_part();
    }
    if (*told_ == history_.last()) return std::nullopt;
    return changes(image);
}

// The start has no topics, so that there always is an end after it.
FeedStep TopicFeed::next_part() {
    auto& snapshot = *snapshot_;
    if (!std::exchange(snapshot.started, true)) return {pb::TopicChanges::SNAPSHOT_START, snapshot.image};
    FeedStep step{pb::TopicChanges::SNAPSHOT_PART, snapshot.image};
    const auto first = snapshot.topics.begin() + static_cast<std::ptrdiff_t>(snapshot.told);
    const auto count = std::min(kTopicsPerMessage, snapshot.topics.size() - snapshot.told);
    step.topics.assign(first, first + static_cast<std::ptrdiff_t>(count));
    snapshot.told += count;
    if (snapshot.told < snapshot.topics.size()) return step;
    step.kind = pb::TopicChanges::SNAPSHOT_END;
    told_ = snapshot.number;
    step.resume = history_.token(*told_);
    snapshot_.reset();
    return step;
}

FeedStep TopicFeed::changes(const metadata::ImageRef& image) {
    FeedStep step{pb::TopicChanges::CHANGES, image};
    const auto found = history_.after(*told_, kTopicsPerMessage);
    for (const auto& [id, name] : found.topics) {
        if (const auto* topic = image->find_topic(id))
            step.topics.push_back(topic);
        else
            step.deleted.emplace_back(id, name);
    }
    told_ = found.last;
    step.resume = history_.token(found.last);
    return step;
}

FeedStep TopicFeed::heartbeat(const metadata::ImageRef& image) const {
    return {pb::TopicChanges::HEARTBEAT, image, {}, {}, history_.token(told_.value_or(0))};
}

}  // namespace moldau::operator_api
