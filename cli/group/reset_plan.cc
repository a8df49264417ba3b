// Lines of CSV or JSON to offsets.

#include "cli/group/reset_plan.h"

#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "cli/frame/lines.h"
#include "wire/json_reader.h"

namespace moldau::cli {
namespace {

template <class T>
std::optional<T> to_number(std::string_view text) {
    T value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

std::string_view trimmed(std::string_view text) {
    const auto is_blank = [](char letter) { return letter == ' ' || letter == '\r' || letter == '\t'; };
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

Result<PlannedOffset> parse_json(std::string_view line, std::string_view group) {
    PlannedOffset made;
    std::string given_group{group};
    wire::JsonReader json{line};
    json.begin_object();
    json.member("topic", made.topic);
    json.member("partition", made.partition);
    json.member("offset", made.offset);
    if (json.ok() && json.has("group")) json.member("group", given_group);
    if (!json.ok()) return fail(Errc::kUsage, json.error().context);
    if (made.topic.empty()) return fail(Errc::kUsage, "the topic is empty");
    if (made.partition < 0 || made.offset < 0) return fail(Errc::kUsage, "partition and offset are at least 0");
    if (given_group != group) return fail(Errc::kUsage, "it is for the group " + given_group);
    return made;
}

Result<PlannedOffset> parse_csv(std::string_view line, std::string_view group) {
    constexpr std::size_t kCellsMax = 4;
    std::vector<std::string_view> cells;
    for (auto left = line; cells.size() <= kCellsMax;) {
        const auto comma = left.find(',');
        cells.push_back(trimmed(left.substr(0, comma)));
        if (comma == left.npos) break;
        left.remove_prefix(comma + 1);
    }
    if (cells.size() == kCellsMax) {
        if (cells[0] != group) return fail(Errc::kUsage, "it is for the group " + std::string(cells[0]));
        cells.erase(cells.begin());
    }
    const auto wrong = [] { return fail(Errc::kUsage, "it is not topic,partition,offset"); };
    if (cells.size() != 3 || cells[0].empty()) return wrong();
    const auto partition = to_number<std::int32_t>(cells[1]);
    const auto offset = to_number<std::int64_t>(cells[2]);
    if (!partition || !offset) return wrong();
    return PlannedOffset{std::string(cells[0]), *partition, *offset};
}

}  // namespace

Result<PlannedOffset> parse_plan_line(std::string_view line, std::string_view group) {
    return line.starts_with('{') ? parse_json(line, group) : parse_csv(line, group);
}

Result<std::vector<PlannedOffset>> read_plan(std::FILE* file, std::string_view group) {
    std::vector<PlannedOffset> plan;
    std::set<std::pair<std::string, std::int32_t>> seen;
    Lines lines{file};
    while (const auto line = lines.next()) {
        const auto text = trimmed(*line);
        if (text.empty()) continue;
        const std::string where = "line " + std::to_string(lines.count()) + " of the plan";
        if (plan.size() == kPlanLinesMax) return fail(Errc::kUsage, where + " is too many: give fewer than a million");
        auto one = parse_plan_line(text, group);
        if (!one) return fail(Errc::kUsage, where + " is wrong: " + one.error().context);
        if (!seen.emplace(one->topic, one->partition).second) {
            return fail(Errc::kUsage,
                        where + " is wrong: " + one->topic + "-" + std::to_string(one->partition) + " is there twice");
        }
        plan.push_back(*std::move(one));
    }
    MOLDAU_TRY(lines.status());
    if (plan.empty()) return fail(Errc::kUsage, "the plan is empty: give lines of topic,partition,offset");
    return plan;
}

}  // namespace moldau::cli
