// Offsets and points in time from text.

#include "cli/frame/offset_spec.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

namespace moldau::cli {
namespace {

constexpr std::string_view kTimestampPrefix = "timestamp:";
constexpr std::string_view kAgoPrefix = "ago:";

std::optional<std::int64_t> to_number(std::string_view text) {
    std::int64_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

// Takes fixed-width pieces off the front of a text; remembers that something did not fit.
class Scanner {
public:
    explicit Scanner(std::string_view text) : left_(text) {}

    std::int64_t digits(std::size_t count) {
        std::int64_t value = 0;
        for (std::size_t index = 0; index < count; ++index) {
            if (left_.empty() || left_.front() < '0' || left_.front() > '9') {
                is_good_ = false;
                return 0;
            }
            value = value * 10 + (left_.front() - '0');
            left_.remove_prefix(1);
        }
        return value;
    }
    void literal(char expected) { is_good_ = skip(expected) && is_good_; }
    bool skip(char letter) {
        if (!left_.starts_with(letter)) return false;
        left_.remove_prefix(1);
        return true;
    }
    // The digits of a fraction of a second, however many, as whole milliseconds.
    std::int64_t fraction_ms() {
        std::int64_t value = 0;
        std::int64_t unit = 100;
        const auto before = left_.size();
        while (!left_.empty() && left_.front() >= '0' && left_.front() <= '9') {
            value += unit * (left_.front() - '0');
            unit /= 10;
            left_.remove_prefix(1);
        }
        is_good_ = is_good_ && left_.size() < before;
        return value;
    }
    bool is_done() const { return is_good_ && left_.empty(); }

private:
    std::string_view left_;
    bool is_good_ = true;
};

// Minutes east of Greenwich: "Z", "+01:00".
std::int64_t zone_minutes(Scanner& scanner) {
    if (scanner.skip('Z') || scanner.skip('z')) return 0;
    const bool is_west = scanner.skip('-');
    if (!is_west) scanner.literal('+');
    const auto hours = scanner.digits(2);
    scanner.literal(':');
    const auto minutes = hours * 60 + scanner.digits(2);
    return is_west ? -minutes : minutes;
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
    namespace chrono = std::chrono;
    Scanner scanner{text};
    const auto year = scanner.digits(4);
    scanner.literal('-');
    const auto month = scanner.digits(2);
    scanner.literal('-');
    const auto day = scanner.digits(2);
    if (!scanner.skip('T') && !scanner.skip('t')) scanner.literal(' ');
    const auto hour = scanner.digits(2);
    scanner.literal(':');
    const auto minute = scanner.digits(2);
    scanner.literal(':');
    const auto second = scanner.digits(2);
    const auto ms = scanner.skip('.') ? scanner.fraction_ms() : 0;
    const auto zone = zone_minutes(scanner);
    const chrono::year_month_day date{chrono::year{static_cast<int>(year)}, chrono::month{static_cast<unsigned>(month)},
                                      chrono::day{static_cast<unsigned>(day)}};
    if (!scanner.is_done() || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    const auto days = chrono::sys_days{date}.time_since_epoch().count();
    return (((days * 24 + hour) * 60 + minute - zone) * 60 + second) * 1000 + ms;
}

// Of the letters that a duration's counts end with; 0 for any other.
std::int64_t unit_ms(char letter) {
    switch (letter) {
        case 'd':
        case 'D':
            return 86'400'000;
        case 'h':
        case 'H':
            return 3'600'000;
        case 'm':
        case 'M':
            return 60'000;
        case 's':
        case 'S':
            return 1000;
        default:
            return 0;
    }
}

}  // namespace

Result<std::int64_t> parse_timestamp(std::string_view text) {
    if (const auto number = to_number(text); number && *number >= 0) return *number;
    if (const auto time = parse_rfc3339(text); time && *time >= 0) return *time;
    return fail(Errc::kUsage,
                "'" + std::string(text) + "' is no time: give milliseconds since 1970 or 2026-01-31T12:00:00Z");
}

Result<std::int64_t> parse_duration(std::string_view text) {
    constexpr std::int64_t kDurationMsMax = std::int64_t{100} * 366 * 86'400'000;
    const auto wrong = [&] {
        return fail(Errc::kUsage, "'" + std::string(text) + "' is no duration: give 90s, 2h30m, 7d or PT2H30M");
    };
    std::int64_t total = 0;
    std::int64_t unit_before = kDurationMsMax;
    auto left = text;
    if (left.starts_with('P') || left.starts_with('p')) left.remove_prefix(1);
    if (left.empty()) return wrong();
    while (!left.empty()) {
        if (left.front() == 'T' || left.front() == 't') left.remove_prefix(1);
        std::int64_t count = 0;
        const auto parsed = std::from_chars(left.data(), left.data() + left.size(), count);
        const auto digits = static_cast<std::size_t>(parsed.ptr - left.data());
        if (parsed.ec != std::errc{} || count < 0 || digits == left.size()) return wrong();
        const auto unit = unit_ms(left[digits]);
        if (unit == 0 || unit >= unit_before || count > (kDurationMsMax - total) / unit) return wrong();
        total += count * unit;
        unit_before = unit;
        left.remove_prefix(digits + 1);
    }
    return total;
}

OffsetSpec OffsetSpec::at(std::int64_t now_ms) const {
    if (kind != Kind::kAgo) return *this;
    return {Kind::kTimestamp, std::max<std::int64_t>(now_ms - value, 0)};
}

Result<OffsetSpec> parse_offset_spec(std::string_view text) {
    using Kind = OffsetSpec::Kind;
    if (text == "beginning" || text == "earliest" || text == "start") return OffsetSpec{Kind::kBeginning, 0};
    if (text == "end" || text == "latest") return OffsetSpec{Kind::kEnd, 0};
    if (text.starts_with(kTimestampPrefix)) {
        MOLDAU_TRY_ASSIGN(time, parse_timestamp(text.substr(kTimestampPrefix.size())));
        return OffsetSpec{Kind::kTimestamp, time};
    }
    if (text.starts_with(kAgoPrefix)) {
        MOLDAU_TRY_ASSIGN(duration, parse_duration(text.substr(kAgoPrefix.size())));
        return OffsetSpec{Kind::kAgo, duration};
    }
    const auto number = to_number(text);
    constexpr std::int64_t kTailMax = 1'000'000'000'000;
    if (!number || *number < -kTailMax) {
        return fail(Errc::kUsage,
                    "'" + std::string(text) +
                        "' is no offset: give beginning, end, an offset, -N for the last N, timestamp:TIME or ago:DURATION");
    }
    return text.starts_with('-') ? OffsetSpec{Kind::kTail, -*number} : OffsetSpec{Kind::kExact, *number};
}

}  // namespace moldau::cli
