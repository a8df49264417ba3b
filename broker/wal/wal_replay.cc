// Reading every lane of a disk after a crash, and removing what was read.

#include <algorithm>
#include <utility>

#include "wal/lane_file.h"
#include "wal/wal_format.h"
#include "wal/write_ahead_log.h"

namespace moldau::wal {

namespace {

struct LoadedFile {
    LaneFileName name;
    ParsedFile parsed;
};

// Sequences ascend within a lane, and those of a later run lie above all of an earlier one: a partition that changed its
// lane between runs is in order too.
bool written_before(const LoadedFile& left, const LoadedFile& right) {
    return std::pair{left.parsed.header.sequence, left.name.lane} < std::pair{right.parsed.header.sequence, right.name.lane};
}

// Old entries of a recycled file can be most of it: what is kept must not hold them.
void release_unused(const bytes::View& content, ParsedFile& parsed) {
    const auto used = static_cast<std::size_t>(parsed.end_position);
    if (used * 2 > content.size()) return;
    const auto kept = bytes::View::copy_of(content.span().first(std::min(used, content.size())));
    for (auto& entry : parsed.entries) {
        const auto position = static_cast<std::size_t>(entry.batch.data() - content.data());
        entry.batch = entry.batch.empty() ? bytes::View{} : kept.slice(position, entry.batch.size());
    }
}

Task<Result<LoadedFile>> load_file(io::FileSystem& files, std::string path, LaneFileName name) {
    MOLDAU_CO_TRY_ASSIGN(content, co_await io::read_file(files, path, std::size_t{1} << 30));
    auto parsed = parse_file(content);
    if (!parsed) co_return fail(parsed.error().code, path + ": " + parsed.error().context);
    release_unused(content, *parsed);
    if (parsed->damage) parsed->damage = path + ": " + *parsed->damage;
    co_return LoadedFile{.name = name, .parsed = *std::move(parsed)};
}

// Groups of one lane and run count up through its files: a hole is a file or a file's end that is lost.
void find_lost_groups(const std::vector<LoadedFile>& files, std::vector<std::string>& damage) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, const LoadedFile*> newest;
    for (const auto& file : files) {
        if (file.parsed.first_group == 0) continue;
        const LoadedFile*& before = newest[{file.name.lane, file.name.run}];
        if (before != nullptr && !before->parsed.damage && before->parsed.last_group + 1 != file.parsed.first_group) {
            damage.push_back(file.name.to_string() + ": groups after " + std::to_string(before->parsed.last_group) +
                             " and before " + std::to_string(file.parsed.first_group) + " are missing");
        }
        before = &file;
    }
}

// An append supersedes all at and beyond its base, a truncation all beyond its end.
void apply(const ParsedEntry& entry, std::vector<WalReplay::Entry>& entries) {
    const Offset cut = entry.type == EntryType::kBatch ? entry.base : entry.end;
    while (!entries.empty() && entries.back().end > cut) entries.pop_back();
    if (entry.type == EntryType::kBatch) entries.push_back({entry.base, entry.end, entry.batch});
}

}  // namespace

Task<Result<WalReplay>> WalReplay::load(io::FileSystem& files, std::string dir) {
    WalReplay replay;
    auto listed = co_await io::list(files, dir);
    if (!listed && listed.error().code == Errc::kNotFound) co_return replay;
    if (!listed) co_return fail(std::move(listed).error());
    std::vector<LoadedFile> loaded;
    for (const auto& entry : *listed) {
        const auto name = LaneFileName::parse(entry.name);
        if (!name || entry.is_dir) continue;
        MOLDAU_CO_TRY_ASSIGN(file, co_await load_file(files, dir + '/' + entry.name, *name));
        loaded.push_back(std::move(file));
    }
    std::ranges::sort(loaded, written_before);
    for (const auto& file : loaded) {
        replay.names_.push_back(file.name.to_string());
        if (file.parsed.damage) replay.damage_.push_back(*file.parsed.damage);
        for (const auto& entry : file.parsed.entries) apply(entry, replay.partitions_[entry.partition]);
    }
    find_lost_groups(loaded, replay.damage_);
    std::erase_if(replay.partitions_, [](const auto& partition) { return partition.second.empty(); });
    replay.dir_ = std::move(dir);
    co_return replay;
}

const std::vector<WalReplay::Entry>& WalReplay::entries(const WalPartition& partition) const {
    static const std::vector<Entry> kNone;
    const auto found = partitions_.find(partition);
    return found == partitions_.end() ? kNone : found->second;
}

// Each removal reaches the disk before the next: a truncation must outlive the older entries that it cuts.
Task<Result<void>> WalReplay::discard_loaded(io::FileSystem& files) const {
    for (const auto& name : names_) {
        MOLDAU_CO_TRY(co_await io::remove_file(files, dir_ + '/' + name));
        MOLDAU_CO_TRY(co_await io::sync_dir(files, dir_));
    }
    co_return Result<void>{};
}

Task<Result<void>> WalReplay::discard(io::FileSystem& files, std::string dir) {
    auto listed = co_await io::list(files, dir);
    if (!listed && listed.error().code == Errc::kNotFound) co_return Result<void>{};
    if (!listed) co_return fail(std::move(listed).error());
    for (const auto& entry : *listed) {
        if (!LaneFileName::parse(entry.name)) continue;
        MOLDAU_CO_TRY(co_await io::remove_file(files, dir + '/' + entry.name));
    }
    co_return co_await io::sync_dir(files, dir);
}

}  // namespace moldau::wal
