// Timestamps to text and back.

#include "operator/kube/timestamp.h"

#include <fmt/format.h>

namespace moldau::kube {
namespace {

// Takes `count` digits and, when not 0, the byte that must follow.
bool take(std::string_view& text, std::size_t count, char then, int& value) {
    if (text.size() < count) return false;
    value = 0;
    for (const char byte : text.substr(0, count)) {
        if (byte < '0' || byte > '9') return false;
        value = value * 10 + (byte - '0');
    }
    text.remove_prefix(count);
    if (then == 0) return true;
    if (text.empty() || text.front() != then) return false;
    text.remove_prefix(1);
    return true;
}

Millis take_fraction(std::string_view& text) {
    if (!text.starts_with('.')) return Millis{0};
    text.remove_prefix(1);
    std::int64_t millis = 0;
    std::int64_t unit = 100;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
        millis += unit * (text.front() - '0');
        unit /= 10;
    }
    return Millis{millis};
}

bool take_zone(std::string_view text, std::chrono::minutes& offset) {
    if (text == "Z" || text == "z") return true;
    if (text.size() != 6 || (text.front() != '+' && text.front() != '-')) return false;
    const int sign = text.front() == '+' ? 1 : -1;
    text.remove_prefix(1);
    int hours = 0;
    int minutes = 0;
    if (!take(text, 2, ':', hours) || !take(text, 2, 0, minutes)) return false;
    offset = sign * (std::chrono::hours{hours} + std::chrono::minutes{minutes});
    return true;
}

std::string formatted(WallTime time, int micros) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - day)};
    const auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                  clock.hours().count(), clock.minutes().count(), clock.seconds().count());
    return micros < 0 ? text + "Z" : fmt::format("{}.{:06}Z", text, micros);
}

}  // namespace

Result<WallTime> parse_timestamp(std::string_view text) {
    const auto malformed = [&] { return fail(Errc::kMalformed, "no RFC 3339 time: " + std::string(text.substr(0, 40))); };
    auto rest = text;
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    if (!take(rest, 4, '-', year) || !take(rest, 2, '-', month) || !take(rest, 2, 0, day) || rest.empty())
        return malformed();
    rest.remove_prefix(1);  // 'T', or what a careless writer put there
    if (!take(rest, 2, ':', hour) || !take(rest, 2, ':', minute) || !take(rest, 2, 0, second)) return malformed();
    const auto fraction = take_fraction(rest);
    std::chrono::minutes offset{0};
    if (!take_zone(rest, offset)) return malformed();
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return malformed();
    return WallTime{std::chrono::sys_days{date}.time_since_epoch() + std::chrono::hours{hour} +
                    std::chrono::minutes{minute} + std::chrono::seconds{second} + fraction - offset};
}

std::string format_timestamp(WallTime time) { return formatted(time, -1); }

std::string format_micro_timestamp(WallTime time) {
    const auto within = time - std::chrono::floor<std::chrono::seconds>(time);
    return formatted(time, static_cast<int>(within.count() * 1'000));
}

}  // namespace moldau::kube
