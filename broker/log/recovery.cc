// Opening a partition's folder.

#include "log/recovery.h"

#include <algorithm>
#include <map>
#include <utility>

#include "log/cut_marker.h"
#include "log/log_events.h"
#include "log/segment_recovery.h"
#include "log/segment_swap.h"
#include "producers/producer_snapshot.h"

namespace moldau::log {

namespace {

constexpr std::size_t kSmallFileBytesMax = 64 << 20;
// How far before a snapshot's offset batches are looked at to fill the producers' windows.
constexpr std::uint64_t kWindowBytes = 1 << 20;

std::string parent_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::optional<std::string> topic_id_line(std::string_view text) {
    constexpr std::string_view kKey = "topic_id: ";
    const auto at = text.find(kKey);
    if (at == std::string_view::npos) return std::nullopt;
    const auto value = text.substr(at + kKey.size());
    return std::string{value.substr(0, value.find('\n'))};
}

class Recovery {
public:
    Recovery(LogIdentity identity, LogConfig config, LogEnvironment environment)
        : identity_(std::move(identity)),
          config_(config),
          environment_(environment),
          recovery_point_(environment.recovery_point) {}

    Task<Result<RecoveredLog>> run();

private:
    io::FileSystem& files() { return environment_.files; }
    bool is_clean() const { return environment_.shutdown == Shutdown::kClean; }
    SearchContext context() {
        return {.files = files(), .dir = identity_.dir, .index_interval_bytes = config_.index_interval_bytes};
    }
    std::string path(std::string_view name) const { return identity_.dir + '/' + std::string{name}; }
    std::uint64_t bytes_of(const std::string& file_path) const;

    Task<Result<void>> list_folder();
    Task<Result<void>> create_folder();
    Task<Result<void>> write_metadata();
    Task<Result<void>> check_metadata();
    Task<Result<void>> remove_leftovers();
    Task<Result<void>> load_marker();
    Task<Result<void>> leave_marker();
    Task<Result<void>> finish_cut(CutMarker marker);
    Task<Result<void>> remove_segment(Segment& segment);
    Task<Result<void>> recover_segments();
    Task<Result<void>> recover_one(std::size_t index);
    Task<Result<void>> adopt_closed(SegmentRef segment, Offset end, std::uint64_t bytes);
    Task<Result<bool>> adopt_active(SegmentRef segment, std::uint64_t bytes);
    Task<Result<void>> walk(std::size_t index, std::uint64_t bytes);
    Task<Result<void>> set_later_aside(std::size_t first);
    Task<Result<SegmentRef>> make_empty(Offset base);
    Task<Result<void>> start_empty(Offset base);
    Task<Result<bool>> load_epochs();
    Task<Result<Offset>> adopt_txn_indexes();
    Task<Result<void>> finish_txn_indexes();
    Task<Result<void>> load_states();
    Task<Result<Offset>> window_start(Offset end);
    const std::vector<wal::WalReplay::Entry>* replay() const;

    LogIdentity identity_;
    LogConfig config_;
    LogEnvironment environment_;
    std::map<std::string, std::uint64_t> entries_;  // the folder's files and their sizes
    std::vector<SegmentRef> found_;                 // ascending
    bool folder_changed_ = false;
    std::optional<CutMarker> marker_;
    std::optional<Offset> cut_at_;
    Offset recovery_point_;  // as the checkpoint has it
    RecoveredLog log_;
};

std::uint64_t Recovery::bytes_of(const std::string& file_path) const {
    const auto found = entries_.find(file_path.substr(identity_.dir.size() + 1));
    return found == entries_.end() ? 0 : found->second;
}

const std::vector<wal::WalReplay::Entry>* Recovery::replay() const {
    if (!environment_.replay || environment_.replay->empty()) return nullptr;
    return &environment_.replay->entries({identity_.topic_id, identity_.name.partition});
}

Task<Result<void>> Recovery::list_folder() {
    auto listed = co_await io::list(files(), identity_.dir);
    if (!listed) {
        if (listed.error().code != Errc::kNotFound) co_return fail(std::move(listed).error());
        co_return co_await create_folder();
    }
    for (const auto& entry : *listed) {
        if (!entry.is_dir) entries_.emplace(entry.name, entry.bytes);
    }
    MOLDAU_CO_TRY(co_await recover_swaps({files(), identity_.dir}, entries_));
    for (const auto& [name, bytes] : entries_) {
        if (const auto base = offset_in_name(name, kLogSuffix))
            found_.push_back(std::make_shared<Segment>(identity_.dir, *base));
    }
    co_return co_await check_metadata();
}

Task<Result<void>> Recovery::create_folder() {
    MOLDAU_CO_TRY(co_await io::make_dirs(files(), identity_.dir));
    MOLDAU_CO_TRY(co_await write_metadata());
    co_return co_await io::sync_dir(files(), parent_of(identity_.dir));
}

// The folder is synced later, with the first segment in it.
Task<Result<void>> Recovery::write_metadata() {
    const std::string text = "version: 0\ntopic_id: " + identity_.topic_id.value.to_string() + '\n';
    const std::string aside = path(kMetadataFile) + ".tmp";
    MOLDAU_CO_TRY_ASSIGN(opened, co_await io::open(files(), aside, io::OpenMode::kCreate));
    MOLDAU_CO_TRY(co_await io::truncate(*opened.file, 0));
    MOLDAU_CO_TRY(co_await io::write(*opened.file, 0, bytes::ChunkList{bytes::View::copy_of(text)}));
    MOLDAU_CO_TRY(co_await io::sync(*opened.file));
    MOLDAU_CO_TRY(co_await io::rename(files(), aside, path(kMetadataFile)));
    folder_changed_ = true;
    co_return Result<void>{};
}

Task<Result<void>> Recovery::check_metadata() {
    if (!entries_.contains(kMetadataFile)) co_return co_await write_metadata();
    MOLDAU_CO_TRY_ASSIGN(content, co_await io::read_file(files(), path(kMetadataFile), kSmallFileBytesMax));
    if (!content.text().starts_with("version: 0\n")) co_return fail(Errc::kNewerFormat, path(kMetadataFile));
    const auto id = topic_id_line(content.text());
    if (!id || *id != identity_.topic_id.value.to_string()) {
        co_return fail(Errc::kCorrupt, path(kMetadataFile) + ": topic id " + id.value_or("missing") + ", expected " +
                                           identity_.topic_id.value.to_string());
    }
    co_return Result<void>{};
}

// Files that a crash left half made, and indexes without their segment.
Task<Result<void>> Recovery::remove_leftovers() {
    for (const auto& [name, bytes] : entries_) {
        const auto index_of = offset_in_name(name, kOffsetIndexSuffix);
        const auto time_index_of = offset_in_name(name, kTimeIndexSuffix);
        const auto txn_index_of = offset_in_name(name, kTxnIndexSuffix);
        const auto base = index_of ? index_of : time_index_of ? time_index_of : txn_index_of;
        const bool is_orphan = base && std::ranges::find(found_, *base, &Segment::base_offset) == found_.end();
        if (name.ends_with(".tmp") || is_orphan) MOLDAU_CO_TRY(co_await io::remove_file(files(), path(name)));
    }
    co_return Result<void>{};
}

Task<Result<void>> Recovery::load_marker() {
    if (!entries_.contains(kCutFile)) co_return Result<void>{};
    MOLDAU_CO_TRY_ASSIGN(content, co_await io::read_file(files(), path(kCutFile), kSmallFileBytesMax));
    MOLDAU_CO_TRY_ASSIGN(marker, CutMarker::parse(content.text()));
    marker_ = marker;
    environment_.recovery_point = std::min(environment_.recovery_point, marker.ceiling);
    if (marker.cut < Offset{0}) co_return Result<void>{};
    co_return co_await finish_cut(marker);
}

// A cut was under way when the process ended. Doing it again from its beginning is harmless.
Task<Result<void>> Recovery::finish_cut(CutMarker marker) {
    if (is_clean()) environment_.shutdown = Shutdown::kProcessDied;
    const bool anew = marker.start >= Offset{0};
    if (!anew) cut_at_ = marker.cut;
    while (!found_.empty() && (anew || (found_.size() > 1 && found_.back()->base_offset() >= marker.cut))) {
        MOLDAU_CO_TRY(co_await remove_segment(*found_.back()));
        found_.pop_back();
    }
    if (!anew) co_return Result<void>{};
    for (const auto& [name, bytes] : entries_) {
        if (offset_in_name(name, kSnapshotSuffix)) MOLDAU_CO_TRY(co_await io::remove_file(files(), path(name)));
    }
    MOLDAU_CO_TRY(co_await io::remove_file(files(), path(kEpochFile)));
    entries_.clear();
    environment_.replay = nullptr;
    environment_.high_watermark_checkpoint = Offset{0};
    environment_.log_start_checkpoint = marker.start;
    co_return co_await start_empty(marker.start);
}

Task<Result<void>> Recovery::remove_segment(Segment& segment) {
    MOLDAU_CO_TRY(co_await io::remove_file(files(), segment.path()));
    MOLDAU_CO_TRY(co_await io::remove_file(files(), segment.offset_index().storage().path()));
    MOLDAU_CO_TRY(co_await io::remove_file(files(), segment.txn_index().path()));
    co_return co_await io::remove_file(files(), segment.time_index().storage().path());
}

Task<Result<SegmentRef>> Recovery::make_empty(Offset base) {
    auto segment = std::make_shared<Segment>(identity_.dir, base);
    MOLDAU_CO_TRY(co_await segment->file(files()));
    folder_changed_ = true;
    co_return segment;
}

Task<Result<void>> Recovery::start_empty(Offset base) {
    MOLDAU_CO_TRY_ASSIGN(segment, co_await make_empty(base));
    found_.push_back(std::move(segment));
    co_return Result<void>{};
}

// A segment of an earlier life: its indexes are believed once used, unless they cannot be right.
Task<Result<void>> Recovery::adopt_closed(SegmentRef segment, Offset end, std::uint64_t bytes) {
    segment->set_extent({.end = end, .bytes = bytes, .bytes_synced = bytes});
    segment->adopt_closed();
    auto& offsets = segment->offset_index().storage();
    auto& times = segment->time_index().storage();
    const std::uint64_t offset_bytes = bytes_of(offsets.path());
    const std::uint64_t time_bytes = bytes_of(times.path());
    const bool present = entries_.contains(offsets.path().substr(identity_.dir.size() + 1)) &&
                         entries_.contains(times.path().substr(identity_.dir.size() + 1));
    if (present && offset_bytes % OffsetIndex::kEntryBytes == 0 && time_bytes % TimeIndex::kEntryBytes == 0) {
        offsets.adopt(offset_bytes);
        times.adopt(time_bytes);
        co_return Result<void>{};
    }
    ++log_.report.indexes_rebuilt;
    co_return co_await rebuild_indexes(context(), segment);
}

// The segment that is appended to, after a clean stop: only what follows the last index entry is looked at. False when
// something is not as it was left; then it must be walked.
Task<Result<bool>> Recovery::adopt_active(SegmentRef segment, std::uint64_t bytes) {
    segment->set_extent({.end = segment->base_offset(), .bytes = bytes, .bytes_synced = bytes});
    auto& offsets = segment->offset_index().storage();
    offsets.adopt(bytes_of(offsets.path()));
    auto& times = segment->time_index().storage();
    times.adopt(bytes_of(times.path()));
    MOLDAU_CO_TRY_ASSIGN(last_time, co_await segment->time_index().last(files()));
    MOLDAU_CO_TRY_ASSIGN(last_entry, co_await segment->offset_index().last(files()));
    MOLDAU_CO_TRY_ASSIGN(file, co_await segment->file(files()));
    if (last_entry && (last_entry->position >= bytes || !last_time)) co_return false;
    const std::uint64_t start = last_entry ? last_entry->position : 0;
    const BatchCursor::Options options{.position = start, .end = bytes, .offset_min = segment->base_offset()};
    BatchCursor cursor{std::move(file), options};
    Offset end = segment->base_offset();
    TimestampOffset largest = last_time.value_or(TimestampOffset{-1, segment->base_offset()});
    while (cursor.position() < bytes) {
        auto batch = co_await cursor.next();
        if (!batch) {
            if (batch.error().code == Errc::kCorrupt) co_return false;
            co_return fail(std::move(batch).error());
        }
        const auto& header = (*batch)->header;
        if (last_entry && (*batch)->position == start && header.last_offset() != last_entry->last_offset) co_return false;
        if (start == 0 && (*batch)->position == 0) segment->set_first_timestamp(header.max_timestamp);
        const bool has_records = header.record_count > 0;
        if (has_records && header.max_timestamp > largest.timestamp) largest = {header.max_timestamp, header.last_offset()};
        end = header.next_offset();
    }
    if (largest.last_offset >= end && largest.timestamp >= 0) co_return false;
    segment->set_extent({.end = end, .bytes = bytes, .bytes_synced = bytes});
    segment->set_bytes_since_index(bytes - start);
    segment->set_max_timestamp(largest);
    segment->time_index().set_last_timestamp(last_time ? last_time->timestamp : -1);
    co_return true;
}

Task<Result<void>> Recovery::walk(std::size_t index, std::uint64_t bytes) {
    const SegmentRef segment = found_[index];
    const bool is_last = index + 1 == found_.size();
    SegmentRecovery recovery{
        .context = context(), .replay = replay(), .high_watermark = environment_.high_watermark_checkpoint};
    recovery.cut_at = cut_at_;
    if (cut_at_ || marker_ || !is_last) recovery.gaps = SegmentRecovery::Gaps::kLegal;
    if (environment_.shutdown == Shutdown::kProcessDied && !cut_at_) recovery.indexes = SegmentRecovery::Indexes::kBelieved;
    recovery.offset_index_bytes = bytes_of(segment->offset_index().storage().path());
    recovery.time_index_bytes = bytes_of(segment->time_index().storage().path());
    recovery.bytes_max = static_cast<std::uint64_t>(std::clamp<std::int64_t>(config_.segment_bytes, 1, kSegmentBytesMax));
    if (!is_last) recovery.next_base = found_[index + 1]->base_offset();
    for (std::size_t later = index + 1; later < found_.size(); ++later) {
        recovery.later_has_data = recovery.later_has_data || bytes_of(found_[later]->path()) > 0;
    }
    MOLDAU_CO_TRY_ASSIGN(outcome, co_await recover_segment(recovery, segment, bytes));
    log_.report.bytes_cut += outcome.bytes_cut;
    log_.report.entries_replayed += outcome.entries_replayed;
    if (outcome.damage && !log_.report.damage) log_.report.damage = std::move(outcome.damage);
    if (outcome.wants_new_segment) {
        // A power loss may have taken the name of a segment, but not that of the next.
        MOLDAU_CO_TRY_ASSIGN(next, co_await make_empty(segment->end_offset()));
        found_.insert(found_.begin() + static_cast<std::ptrdiff_t>(index + 1), std::move(next));
        segment->close();
        co_return co_await segment->finish(files());
    }
    if (is_last) co_return Result<void>{};
    if (segment->end_offset() != *recovery.next_base) co_return co_await set_later_aside(index + 1);
    segment->close();
    co_return co_await segment->finish(files());
}

// The log ends before these segments begin: they stay, under names that no log reads.
Task<Result<void>> Recovery::set_later_aside(std::size_t first) {
    for (std::size_t index = found_.size(); index-- > first;) {
        Segment& segment = *found_[index];
        if (bytes_of(segment.path()) == 0) {
            MOLDAU_CO_TRY(co_await io::remove_file(files(), segment.path()));
        } else {
            int number = 1;
            const std::string name = segment.path().substr(identity_.dir.size() + 1) + ".damaged-";
            while (entries_.contains(name + std::to_string(number))) ++number;
            MOLDAU_CO_TRY(co_await io::rename(files(), segment.path(), path(name + std::to_string(number))));
        }
        MOLDAU_CO_TRY(co_await io::remove_file(files(), segment.offset_index().storage().path()));
        MOLDAU_CO_TRY(co_await io::remove_file(files(), segment.time_index().storage().path()));
        MOLDAU_CO_TRY(co_await io::remove_file(files(), segment.txn_index().path()));
    }
    found_.resize(first);
    folder_changed_ = true;
    co_return Result<void>{};
}

Task<Result<void>> Recovery::recover_one(std::size_t index) {
    const SegmentRef segment = found_[index];
    const std::uint64_t bytes = bytes_of(segment->path());
    const bool is_last = index + 1 == found_.size();
    if (!is_last && (is_clean() || found_[index + 1]->base_offset() <= environment_.recovery_point)) {
        co_return co_await adopt_closed(segment, found_[index + 1]->base_offset(), bytes);
    }
    if (is_clean()) {
        MOLDAU_CO_TRY_ASSIGN(adopted, co_await adopt_active(segment, bytes));
        if (adopted) co_return Result<void>{};
        ++log_.report.indexes_rebuilt;
        report_repair(segment->path() + ": not as a clean stop leaves it");
    }
    co_return co_await walk(index, bytes);
}

Task<Result<void>> Recovery::recover_segments() {
    if (found_.empty()) MOLDAU_CO_TRY(co_await start_empty(environment_.log_start_checkpoint));
    for (std::size_t index = 0; index < found_.size(); ++index) MOLDAU_CO_TRY(co_await recover_one(index));
    // After a process death names may be on their way to the disk; after a power loss they are there or gone.
    if (folder_changed_ || environment_.shutdown == Shutdown::kProcessDied)
        MOLDAU_CO_TRY(co_await io::sync_dir(files(), identity_.dir));
    const WallTime now = environment_.executor.now().wall;
    for (auto& segment : found_) {
        const auto first = segment->first_timestamp();
        const bool by_records = first && *first >= 0 && *first < to_timestamp(now);
        segment->set_created(by_records ? from_timestamp(*first) : now,
                             roll_jitter(identity_, config_, segment->base_offset()));
        log_.segments.push_back(segment);
    }
    log_.log_start = std::max(log_.segments.front()->base_offset(), environment_.log_start_checkpoint);
    log_.log_start = std::min(log_.log_start, log_.segments.active()->end_offset());
    co_return Result<void>{};
}

// False when they must be found again in the batches.
Task<Result<bool>> Recovery::load_epochs() {
    if (!entries_.contains(kEpochFile)) co_return log_.segments.active()->end_offset() == log_.log_start;
    MOLDAU_CO_TRY_ASSIGN(content, co_await io::read_file(files(), path(kEpochFile), kSmallFileBytesMax));
    auto epochs = LeaderEpochs::parse(content.text());
    if (!epochs) {
        if (epochs.error().code == Errc::kNewerFormat) co_return fail(Errc::kNewerFormat, path(kEpochFile));
        report_repair(path(kEpochFile) + ": " + epochs.error().context);
        co_return false;
    }
    log_.epochs = *std::move(epochs);
    log_.epochs.truncate_to(log_.segments.active()->end_offset());
    co_return true;
}

// Where the batches begin that may fill the producers' windows as they were at `end`: some way before it, in bytes.
Task<Result<Offset>> Recovery::window_start(Offset end) {
    std::uint64_t seen = 0;
    const auto& all = log_.segments.all();
    for (std::size_t index = all.size(); index-- > 0;) {
        Segment& segment = *all[index];
        if (segment.base_offset() >= end) continue;
        seen += segment.bytes();
        if (seen < kWindowBytes) continue;
        MOLDAU_CO_TRY_ASSIGN(entry, co_await segment.offset_index().find_position(files(), seen - kWindowBytes));
        co_return entry ? std::min(entry->last_offset, end) : segment.base_offset();
    }
    co_return all.front()->base_offset();
}

// Up to where they are whole: the base of the first segment whose is not, or the log's end.
Task<Result<Offset>> Recovery::adopt_txn_indexes() {
    Offset sound_end = log_.segments.active()->end_offset();
    for (const auto& segment : log_.segments.all()) {
        if (bytes_of(segment->txn_index().path()) == 0) continue;
        MOLDAU_CO_TRY_ASSIGN(is_sound,
                             co_await segment->txn_index().adopt(files(), segment->base_offset(), segment->end_offset()));
        if (is_sound) continue;
        ++log_.report.indexes_rebuilt;
        report_repair(segment->txn_index().path() + " is damaged, it is built anew");
        sound_end = std::min(sound_end, segment->base_offset());
    }
    co_return sound_end;
}

Task<Result<void>> Recovery::finish_txn_indexes() {
    for (const auto& segment : log_.segments.all()) {
        if (segment->is_closed() && segment->txn_index().is_unfinished())
            MOLDAU_CO_TRY(co_await segment->txn_index().finish(files()));
    }
    co_return Result<void>{};
}

Task<Result<void>> Recovery::load_states() {
    const Offset end = log_.segments.active()->end_offset();
    MOLDAU_CO_TRY_ASSIGN(sound_end, co_await adopt_txn_indexes());
    MOLDAU_CO_TRY_ASSIGN(epochs_known, co_await load_epochs());
    const auto is_snapshot = [](const auto& entry) { return offset_in_name(entry.first, kSnapshotSuffix).has_value(); };
    if (std::ranges::any_of(entries_, is_snapshot)) {
        MOLDAU_CO_TRY_ASSIGN(snapshot, co_await load_snapshot(files(), {identity_.dir, end, sound_end}));
        // A power loss must not bring them back once the log has grown past them.
        if (snapshot.removed_others) MOLDAU_CO_TRY(co_await io::sync_dir(files(), identity_.dir));
        log_.producers = std::move(snapshot.producers);
        log_.snapshot_offset = snapshot.offset;
    }
    // Batches below the log start count too while they are there: their producers go on after a DeleteRecords.
    const Offset floor = log_.segments.front()->base_offset();
    const Offset producers_from = std::max(log_.snapshot_offset, floor);
    MOLDAU_CO_TRY(co_await truncate_txn_indexes(context(), log_.segments.all(), producers_from));
    Offset from = producers_from;
    // A snapshot is saved after the epochs of all batches below it.
    const bool epochs_saved = is_clean() || log_.snapshot_offset >= Offset{0};
    if (!epochs_saved) from = std::min(from, std::max(environment_.recovery_point, floor));
    if (!epochs_known) from = floor;
    if (!log_.producers.empty()) {
        MOLDAU_CO_TRY_ASSIGN(start, co_await window_start(producers_from));
        from = std::min(from, std::max(start, floor));
    }
    if (from < end) {
        MOLDAU_CO_TRY(co_await replay_states({.context = context(),
                                              .segments = log_.segments,
                                              .from = from,
                                              .producers_from = producers_from,
                                              .high_watermark = environment_.high_watermark_checkpoint,
                                              .heard_at = to_timestamp(environment_.executor.now().wall),
                                              .epochs = log_.epochs,
                                              .producers = log_.producers}));
    }
    log_.epochs.advance_start(log_.log_start);
    co_return co_await finish_txn_indexes();
}

// The recovery point checkpoint may speak of bytes that are gone: until it is written anew it must not be believed.
Task<Result<void>> Recovery::leave_marker() {
    const Offset end = log_.segments.active()->end_offset();
    const Offset old_end = std::max(marker_ ? marker_->old_end : Offset{0}, recovery_point_);
    if (end >= old_end && !marker_) co_return Result<void>{};
    if (marker_ && end >= old_end) {
        MOLDAU_CO_TRY(co_await io::remove_file(files(), path(kCutFile)));
        co_return co_await io::sync_dir(files(), identity_.dir);
    }
    log_.cut_old_end = old_end;
    const CutMarker left{.ceiling = end, .old_end = old_end};
    co_return co_await io::replace_file(files(), path(kCutFile), bytes::View::copy_of(left.format()));
}

Task<Result<RecoveredLog>> Recovery::run() {
    MOLDAU_CO_TRY(co_await list_folder());
    MOLDAU_CO_TRY(co_await remove_leftovers());
    MOLDAU_CO_TRY(co_await load_marker());
    MOLDAU_CO_TRY(co_await recover_segments());
    MOLDAU_CO_TRY(co_await load_states());
    MOLDAU_CO_TRY(co_await leave_marker());
    co_return std::move(log_);
}

}  // namespace

Task<Result<RecoveredLog>> recover_log(LogIdentity identity, LogConfig config, LogEnvironment environment) {
    Recovery recovery{std::move(identity), config, environment};
    co_return co_await recovery.run();
}

Millis roll_jitter(const LogIdentity& identity, const LogConfig& config, Offset base) {
    const std::int64_t jitter_max = std::min(config.segment_jitter_ms, config.segment_ms).count();
    if (jitter_max <= 0) return Millis{0};
    const std::size_t seed = std::hash<Uuid>{}(identity.topic_id.value) * 31 + std::hash<TopicPartition>{}(identity.name) +
                             static_cast<std::size_t>(base.value) * 0x9e3779b97f4a7c15u;
    return Millis{static_cast<std::int64_t>((seed >> 1) % static_cast<std::size_t>(jitter_max))};
}

Task<Result<void>> truncate_txn_indexes(SearchContext context, std::vector<SegmentRef> segments, Offset producers_from) {
    for (const auto& segment : segments) {
        MOLDAU_CO_TRY(co_await segment->txn_index().truncate_to(context.files, producers_from));
    }
    co_return Result<void>{};
}

namespace {

void replay_producer(const StateReplay& replay, Segment& segment, const FoundBatch& batch) {
    if (batch.base() < replay.producers_from) return replay.producers.prepend(batch.header);
    const auto marker = producers::marker_in(batch.header, batch.bytes.span().subspan(wire::kBatchHeaderBytes));
    const auto aborted = replay.producers.append(batch.header, replay.heard_at, marker);
    if (marker) replay.producers.forget_completed(replay.high_watermark);
    if (aborted) segment.txn_index().append(*aborted);
}

}  // namespace

Task<Result<void>> replay_states(StateReplay replay) {
    const Offset end = replay.segments.active()->end_offset();
    SegmentRef segment = replay.segments.floor(replay.from);
    for (; segment && segment->base_offset() < end; segment = replay.segments.after(*segment)) {
        MOLDAU_CO_TRY_ASSIGN(sought, co_await seek(replay.context, segment, std::max(replay.from, segment->base_offset())));
        while (sought.batch) {
            const wire::BatchHeader& header = sought.batch->header;
            if (header.leader_epoch > replay.epochs.latest()) replay.epochs.assign(header.leader_epoch, header.base_offset);
            if (header.producer_id >= ProducerId{0}) replay_producer(replay, *segment, *sought.batch);
            if (segment->txn_index().tail_is_full())
                MOLDAU_CO_TRY(co_await segment->txn_index().write_tail(replay.context.files));
            sought.batch = sought.cursor.next_in_memory();
            if (sought.batch) continue;
            MOLDAU_CO_TRY_ASSIGN(next, co_await sought.cursor.next());
            sought.batch = std::move(next);
        }
        if (segment->is_closed() && segment->is_settled()) segment->release_file();
    }
    co_return Result<void>{};
}

Task<Result<LoadedSnapshot>> load_snapshot(io::FileSystem& files, SnapshotSearch search) {
    MOLDAU_CO_TRY_ASSIGN(entries, co_await io::list(files, search.dir));
    std::vector<Offset> offsets;
    for (const auto& entry : entries) {
        if (const auto offset = offset_in_name(entry.name, kSnapshotSuffix)) offsets.push_back(*offset);
    }
    LoadedSnapshot loaded;
    std::ranges::sort(offsets, std::greater<>{});
    for (const Offset offset : offsets) {
        const std::string path = segment_path(search.dir, offset, kSnapshotSuffix);
        if (offset > search.newest && offset <= search.end) continue;
        if (offset <= search.end) {
            MOLDAU_CO_TRY_ASSIGN(content, co_await io::read_file(files, path, kSmallFileBytesMax));
            auto decoded = producers::decode_producer_snapshot(content.span());
            if (decoded) {
                loaded.offset = offset;
                loaded.producers.restore(*decoded);
                break;
            }
            if (decoded.error().code == Errc::kNewerFormat) co_return fail(Errc::kNewerFormat, path);
            report_repair(path + ": " + decoded.error().context);
        }
        MOLDAU_CO_TRY(co_await io::remove_file(files, path));
        loaded.removed_others = true;
    }
    co_return loaded;
}

}  // namespace moldau::log
