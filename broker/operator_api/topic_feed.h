// One listener's place in the changes of topics: what to tell next.
//
// No queue: a feed remembers how far its listener is, and what comes next follows from the history and the newest image. So
// a slow listener costs nothing but its own delay, and one that the history no longer reaches is told everything anew.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metadata/image.h"
#include "operator_api/answers.h"
#include "operator_api/topic_history.h"

namespace moldau::operator_api {

inline constexpr std::size_t kTopicsPerMessage = 500;

// What the next message says; topics of `image`.
struct FeedStep {
    pb::TopicChanges::Kind kind;
    metadata::ImageRef image;
    std::vector<const metadata::Topic*> topics = {};
    std::vector<std::pair<TopicId, std::string>> deleted = {};
    std::string resume = {};  // empty within a snapshot
};

// Lifetime: the history outlives it. Thread: the home core.
class TopicFeed {
public:
    TopicFeed(const TopicHistory& history, std::string_view resume) : history_(history), told_(history.parse(resume)) {}

    // Nullopt: the listener knows everything. `image` is the newest.
    std::optional<FeedStep> next(const metadata::ImageRef& image);
    FeedStep heartbeat(const metadata::ImageRef& image) const;

private:
    // Everything as of one image, told in parts.
    struct Snapshot {
        metadata::ImageRef image;
        std::vector<const metadata::Topic*> topics;
        std::uint64_t number = 0;  // of the last change that is in it
        bool started = false;
        std::size_t told = 0;
    };
    FeedStep next_part();
    FeedStep changes(const metadata::ImageRef& image);

    const TopicHistory& history_;
    std::optional<std::uint64_t> told_;  // number of the last change that the listener knows of
    std::optional<Snapshot> snapshot_;
};

}  // namespace moldau::operator_api
