// Reading, writing and merging checkpoint files.

#include "store/checkpoint_file.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "base/logger.h"

namespace moldau::store {

namespace {

template <class T>
std::optional<T> parse_number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// The text up to the next '\n', which must be there, unless only the last one may be missing.
std::optional<std::string_view> take_line(std::string_view& text) {
    if (text.empty()) return std::nullopt;
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

std::optional<std::pair<TopicPartition, Offset>> parse_entry(std::string_view line) {
    const auto second = line.rfind(' ');
    if (second == std::string_view::npos || second == 0) return std::nullopt;
    const auto first = line.rfind(' ', second - 1);
    if (first == std::string_view::npos || first == 0) return std::nullopt;
    const auto topic = line.substr(0, first);
    const auto partition = parse_number<std::int32_t>(line.substr(first + 1, second - first - 1));
    const auto offset = parse_number<std::int64_t>(line.substr(second + 1));
    if (!partition || !offset || *partition < 0 || *offset < 0 || topic.find(' ') != std::string_view::npos)
        return std::nullopt;
    return std::pair{TopicPartition{std::string{topic}, PartitionIndex{*partition}}, Offset{*offset}};
}

bool is_newer(std::string_view text) {
    const auto line = take_line(text);
    const auto version = line ? parse_number<std::int32_t>(*line) : std::nullopt;
    return version && *version > 0;
}

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash);
}

// Renames a broken file to the first free "<path>.damaged-<n>".
Task<Result<void>> set_aside(io::FileSystem& files, std::string path) {
    const auto folder = folder_of(path);
    MOLDAU_CO_TRY_ASSIGN(entries, co_await io::list(files, folder));
    const auto is_taken = [&](const std::string& candidate) {
        return std::ranges::any_of(entries, [&](const auto& entry) { return folder + '/' + entry.name == candidate; });
    };
    std::string target;
    for (std::size_t number = 1; target.empty() || is_taken(target); ++number) {
        target = path + ".damaged-" + std::to_string(number);
    }
    LOG_ERROR("log", "a checkpoint file is damaged and was set aside path={} to={}", path, target);
    MOLDAU_CO_TRY(co_await io::rename(files, path, target));
    co_return co_await io::sync_dir(files, folder);
}

// Files "<name>.<number>" of `dir`.
Task<Result<std::vector<std::string>>> core_files(io::FileSystem& files, std::string dir, std::string name) {
    std::vector<std::string> names;
    MOLDAU_CO_TRY_ASSIGN(entries, co_await io::list(files, dir));
    for (const auto& entry : entries) {
        if (entry.is_dir || !entry.name.starts_with(name + '.')) continue;
        if (parse_number<std::uint32_t>(std::string_view{entry.name}.substr(name.size() + 1))) names.push_back(entry.name);
    }
    co_return names;
}

void take_over(OffsetCheckpoint& into, const OffsetCheckpoint& from, CheckpointMerge merge) {
    for (const auto& [partition, offset] : from) {
        const auto [place, is_new] = into.try_emplace(partition, offset);
        if (is_new) continue;
        place->second =
            merge == CheckpointMerge::kSmallest ? std::min(place->second, offset) : std::max(place->second, offset);
    }
}

}  // namespace

std::optional<OffsetCheckpoint> parse_checkpoint(std::string_view text) {
    const auto version = take_line(text);
    const auto count_line = take_line(text);
    if (!version || *version != "0" || !count_line) return std::nullopt;
    const auto count = parse_number<std::int64_t>(*count_line);
    OffsetCheckpoint offsets;
    while (const auto line = take_line(text)) {
        auto entry = parse_entry(*line);
        if (!entry || !offsets.insert(*std::move(entry)).second) return std::nullopt;
    }
    if (!count || *count != static_cast<std::int64_t>(offsets.size())) return std::nullopt;
    return offsets;
}

std::string format_checkpoint(const OffsetCheckpoint& offsets) {
    std::string text = "0\n" + std::to_string(offsets.size()) + '\n';
    for (const auto& [partition, offset] : offsets) {
        text +=
            partition.topic + ' ' + std::to_string(partition.partition.value) + ' ' + std::to_string(offset.value) + '\n';
    }
    return text;
}

Task<Result<OffsetCheckpoint>> read_checkpoint(io::FileSystem& files, std::string path) {
    auto content = co_await io::read_file(files, path);
    if (!content && content.error().code == Errc::kNotFound) co_return OffsetCheckpoint{};
    if (!content && content.error().code != Errc::kLimitExceeded) co_return fail(std::move(content).error());
    const auto text = content ? content->text() : std::string_view{};
    if (auto offsets = parse_checkpoint(text)) co_return *std::move(offsets);
    if (is_newer(text)) co_return fail(Errc::kNewerFormat, path);
    MOLDAU_CO_TRY(co_await set_aside(files, std::move(path)));
    co_return OffsetCheckpoint{};
}

Task<Result<void>> write_checkpoint(io::FileSystem& files, std::string path, OffsetCheckpoint offsets) {
    co_return co_await io::replace_file(files, std::move(path), bytes::View::copy_of(format_checkpoint(offsets)));
}

Task<Result<OffsetCheckpoint>> merge_checkpoints(io::FileSystem& files, std::string dir, std::string name,
                                                 CheckpointMerge merge) {
    const auto path = dir + '/' + name;
    MOLDAU_CO_TRY_ASSIGN(merged, co_await read_checkpoint(files, path));
    MOLDAU_CO_TRY_ASSIGN(names, co_await core_files(files, dir, name));
    if (names.empty()) co_return merged;
    OffsetCheckpoint fresh;
    for (const auto& core : names) {
        MOLDAU_CO_TRY_ASSIGN(offsets, co_await read_checkpoint(files, dir + '/' + core));
        take_over(fresh, offsets, merge);
    }
    for (const auto& [partition, offset] : fresh) merged.insert_or_assign(partition, offset);
    MOLDAU_CO_TRY(co_await write_checkpoint(files, path, merged));
    for (const auto& core : names) MOLDAU_CO_TRY(co_await io::remove_file(files, dir + '/' + core));
    MOLDAU_CO_TRY(co_await io::sync_dir(files, dir));
    co_return merged;
}

}  // namespace moldau::store
