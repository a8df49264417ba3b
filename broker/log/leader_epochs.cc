// The rules of the epoch list and its text form.

#include "log/leader_epochs.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace moldau::log {

namespace {

std::optional<std::string_view> take_line(std::string_view& text) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

template <class T>
std::optional<T> number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<EpochStart> parse_entry(std::string_view line) {
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    const auto epoch = number<std::int32_t>(line.substr(0, space));
    const auto start = number<std::int64_t>(line.substr(space + 1));
    if (!epoch || !start || *epoch < 0 || *start < 0) return std::nullopt;
    return EpochStart{LeaderEpoch{*epoch}, Offset{*start}};
}

}  // namespace

Result<LeaderEpochs> LeaderEpochs::parse(std::string_view text) {
    const auto version_line = take_line(text);
    const auto version = version_line ? number<std::int64_t>(*version_line) : std::nullopt;
    if (!version || *version < 0) return fail(Errc::kCorrupt, "no version");
    if (*version > 0) return fail(Errc::kNewerFormat, "version " + std::to_string(*version));
    const auto count_line = take_line(text);
    const auto count = count_line ? number<std::uint32_t>(*count_line) : std::nullopt;
    if (!count) return fail(Errc::kCorrupt, "no count");
    LeaderEpochs epochs;
    for (std::uint32_t index = 0; index < *count; ++index) {
        const auto line = take_line(text);
        const auto entry = line ? parse_entry(*line) : std::nullopt;
        if (!entry) return fail(Errc::kCorrupt, "entry " + std::to_string(index) + " is malformed");
        if (!epochs.entries_.empty() &&
            (entry->epoch <= epochs.entries_.back().epoch || entry->start <= epochs.entries_.back().start)) {
            return fail(Errc::kCorrupt, "entry " + std::to_string(index) + " does not ascend");
        }
        epochs.entries_.push_back(*entry);
    }
    if (!text.empty()) return fail(Errc::kCorrupt, "more than " + std::to_string(*count) + " entries");
    return epochs;
}

std::string LeaderEpochs::format() const {
    std::string text = "0\n" + std::to_string(entries_.size()) + '\n';
    for (const auto& entry : entries_) {
        text += std::to_string(entry.epoch.value) + ' ' + std::to_string(entry.start.value) + '\n';
    }
    return text;
}

bool LeaderEpochs::assign(LeaderEpoch epoch, Offset start) {
    if (epoch < LeaderEpoch{0}) return false;
    if (!entries_.empty() && entries_.back().epoch == epoch && entries_.back().start <= start) return false;
    std::erase_if(entries_, [&](const EpochStart& entry) { return entry.epoch >= epoch || entry.start >= start; });
    entries_.push_back({epoch, start});
    return true;
}

bool LeaderEpochs::truncate_to(Offset end) {
    return std::erase_if(entries_, [&](const EpochStart& entry) { return entry.start >= end; }) > 0;
}

bool LeaderEpochs::advance_start(Offset start) {
    const auto after = std::ranges::upper_bound(entries_, start, {}, &EpochStart::start);
    if (after == entries_.begin()) return false;
    const auto covering = after - 1;
    if (covering == entries_.begin() && covering->start == start) return false;
    covering->start = start;
    entries_.erase(entries_.begin(), covering);
    return true;
}

EpochEnd LeaderEpochs::end_of(LeaderEpoch epoch, Offset log_end) const {
    const auto after = std::ranges::upper_bound(entries_, epoch, {}, &EpochStart::epoch);
    if (after == entries_.begin()) return {};
    return {(after - 1)->epoch, after == entries_.end() ? log_end : after->start};
}

LeaderEpoch LeaderEpochs::at(Offset offset) const {
    const auto after = std::ranges::upper_bound(entries_, offset, {}, &EpochStart::start);
    return after == entries_.begin() ? kNoLeaderEpoch : (after - 1)->epoch;
}

}  // namespace moldau::log
