// A plan of new offsets for a group, as a file.
//
// Two forms, told apart by a line's first letter: what Kafka's tool exports, `topic,partition,offset` (or with the group in
// front), and objects with "topic", "partition" and "offset", as `moldau group reset --output json` prints them. Other
// members of the objects are ignored, blank lines are, too.

#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace moldau::cli {

inline constexpr std::size_t kPlanLinesMax = 1'000'000;

struct PlannedOffset {
    std::string topic;
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    bool operator==(const PlannedOffset&) const = default;
};

// One line. Errors: kUsage, with what is wrong; a line with a group must have this one.
Result<PlannedOffset> parse_plan_line(std::string_view line, std::string_view group);

// A whole file. Errors: kUsage with the line's number, also for a partition that is there twice, an empty plan and one that
// is too long; kIo.
Result<std::vector<PlannedOffset>> read_plan(std::FILE* file, std::string_view group);

}  // namespace moldau::cli
