// The newest changes of topics, as far back as memory is granted, for those who watch.
//
// The problem: a listener that comes back after a lost connection should not be told of ten thousand topics when one
// changed. The idea: a ring of which topic changed, not how: what it became is in the newest image, so that a listener who
// slept gets the last state once. A number counts the changes of this process; with the process' incarnation before it that
// is the token of a feed. Place: filled with each published image, read by every `TopicFeed`.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/uuid.h"
#include "metadata/image.h"

namespace moldau::operator_api {

// Invariants: numbers ascend by one; forgotten() <= last(); a change with a number in (forgotten(), last()] is here.
class TopicHistory {
public:
    explicit TopicHistory(Uuid incarnation, std::size_t capacity = 10'000)
        : incarnation_(incarnation), capacity_(capacity) {}

    // All topics that differ between two images in a row.
    void add(const metadata::Image& from, const metadata::Image& to);

    std::uint64_t last() const { return last_; }
    std::uint64_t forgotten() const { return last_ - changes_.size(); }
    bool reaches(std::uint64_t number) const { return number >= forgotten() && number <= last_; }

    // Topics changed after `number`, each once, at most `count_max` of them, and the number of the last one told.
    struct Changes {
        std::map<TopicId, std::string> topics;  // with the last name
        std::uint64_t last = 0;
    };
    Changes after(std::uint64_t number, std::size_t count_max) const;

    // "<incarnation>:<number>"
    std::string token(std::uint64_t number) const;
    // Nullopt when it is not of this process, or none.
    std::optional<std::uint64_t> parse(std::string_view token) const;

private:
    struct Change {
        TopicId id;
        std::string name;
    };
    const Uuid incarnation_;
    const std::size_t capacity_;
    std::uint64_t last_ = 0;
    std::deque<Change> changes_;  // numbered forgotten() + 1 to last()
};

}  // namespace moldau::operator_api
