// Writes of one write-ahead file: prewriting, groups, the header that frees it.

#include "wal/lane_file.h"

#include <charconv>
#include <utility>

#include "base/check.h"

namespace moldau::wal {

namespace {

constexpr std::string_view kSuffix = ".wal";

// Takes a decimal number off the front of `text`.
std::optional<std::uint32_t> take_number(std::string_view& text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

bool take(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

}  // namespace

std::string LaneFileName::to_string() const {
    return std::to_string(lane) + '-' + std::to_string(run) + '-' + std::to_string(index) + std::string{kSuffix};
}

std::optional<LaneFileName> LaneFileName::parse(std::string_view name) {
    const auto lane = take_number(name);
    if (!lane || !take(name, "-")) return std::nullopt;
    const auto run = take_number(name);
    if (!run || !take(name, "-")) return std::nullopt;
    const auto index = take_number(name);
    if (!index || name != kSuffix) return std::nullopt;
    return LaneFileName{.lane = *lane, .run = *run, .index = *index};
}

void LaneFile::prewrite(std::uint64_t bytes, io::Done<void> done) {
    bytes::ChunkList zeros;
    append_zeros(zeros, static_cast<std::size_t>(bytes));
    write_and_sync(room_end_, std::move(zeros), std::move(done));
}

void LaneFile::begin(std::uint64_t sequence) {
    sequence_ = sequence;
    position_ = kBlockBytes;
    header_written_ = false;
    contents_.clear();
}

void LaneFile::commit(std::uint64_t number, const std::vector<Entry>& entries, io::Done<std::uint64_t> done) {
    auto data = encode_group({.sequence = sequence_, .number = number, .position = position_}, entries);
    CHECK(data.size() <= room());
    for (const auto& entry : entries) {
        if (entry.type == EntryType::kBatch) contents_.insert_or_assign(entry.partition, entry.end);
    }
    group_position_ = position_;
    position_ += data.size();
    if (!std::exchange(header_written_, true)) {
        bytes::ChunkList with_header{encode_file_header({.sequence = sequence_, .lane = lane_})};
        with_header.append(data);
        data = std::move(with_header);
        group_position_ = 0;
    }
    group_ = std::move(data);
    write_group(std::move(done));
}

void LaneFile::commit_again(io::Done<std::uint64_t> done) { write_group(std::move(done)); }

void LaneFile::write_group(io::Done<std::uint64_t> done) {
    write_and_sync(group_position_, group_, [bytes = group_.size(), done = std::move(done)](Result<void> result) mutable {
        if (!result) return done(fail(std::move(result).error()));
        done(std::uint64_t{bytes});
    });
}

void LaneFile::release(io::Done<void> done) {
    contents_.clear();
    write_and_sync(0, bytes::ChunkList{encode_file_header({.sequence = 0, .lane = lane_})}, std::move(done));
}

// Both are submitted at once: the file keeps their order, and one round trip through the I/O threads is saved.
void LaneFile::write_and_sync(std::uint64_t position, bytes::ChunkList data, io::Done<void> done) {
    auto written = std::make_shared<Result<void>>();  // read by the second completion, after the first
    file_->write(position, std::move(data), [written](Result<void> result) { *written = std::move(result); });
    file_->sync([written, done = std::move(done)](Result<void> result) mutable {
        done(result ? std::move(*written) : std::move(result));  // a failed sync weighs more
    });
}

}  // namespace moldau::wal
