// Metadata and times as Kubernetes writes them.

#include "operator/api/metadata.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace moldau::api {
namespace {

// The digits text[at, at + count) as a number, or nullopt.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
    int number = 0;
    const auto* first = text.data() + at;
    const auto [end, error] = std::from_chars(first, first + count, number);
    if (error != std::errc{} || end != first + count || number < 0) return std::nullopt;
    return number;
}

// ".25Z" or "Z" after the seconds: milliseconds.
std::optional<int> parse_fraction(std::string_view rest) {
    if (rest.empty() || rest.back() != 'Z') return std::nullopt;
    rest.remove_suffix(1);
    if (rest.empty()) return 0;
    if (rest.front() != '.' || rest.size() == 1 || rest.size() > 10) return std::nullopt;
    const std::string padded = std::string{rest.substr(1)} + "00";
    if (!digits(padded, 0, padded.size())) return std::nullopt;
    return digits(padded, 0, 3);
}

}  // namespace

std::optional<WallTime> parse_time(std::string_view text) {
    using namespace std::chrono;
    constexpr std::string_view kShape = "0000-00-00T00:00:00";
    if (text.size() <= kShape.size()) return std::nullopt;
    for (const std::size_t at : {4U, 7U, 10U, 13U, 16U}) {
        if (text[at] != kShape[at]) return std::nullopt;
    }
    const auto year_number = digits(text, 0, 4);
    const auto month_number = digits(text, 5, 2);
    const auto day_number = digits(text, 8, 2);
    const auto hour = digits(text, 11, 2);
    const auto minute = digits(text, 14, 2);
    const auto second = digits(text, 17, 2);
    const auto millis = parse_fraction(text.substr(kShape.size()));
    if (!year_number || !month_number || !day_number || !hour || !minute || !second || !millis) return std::nullopt;
    const year_month_day date{year{*year_number}, month{static_cast<unsigned>(*month_number)},
                              day{static_cast<unsigned>(*day_number)}};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    return WallTime{sys_days{date}} + hours{*hour} + minutes{*minute} + seconds{*second} + milliseconds{*millis};
}

std::string format_time(WallTime time) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(whole)));
}

Metadata read_metadata(const kube::Object& object) {
    Metadata metadata;
    metadata.key = object.key();
    metadata.uid = object.uid();
    metadata.resource_version = object.resource_version();
    metadata.generation = object.generation();
    if (const auto created = object.creation_timestamp()) metadata.created = parse_time(*created).value_or(WallTime{});
    if (const auto deleting = object.deletion_timestamp()) metadata.deleting = parse_time(*deleting).value_or(WallTime{});
    metadata.has_finalizer = object.has_finalizer(kFinalizer);
    return metadata;
}

}  // namespace moldau::api
