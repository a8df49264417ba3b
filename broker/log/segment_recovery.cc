// The walk, the completion from the write-ahead log and the treatment of what is left.

#include "log/segment_recovery.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "log/log_events.h"

namespace moldau::log {

namespace {

constexpr std::size_t kPieceBytes = 1 << 20;
// The search behind damage: a batch of up to the overlap that begins in a piece is whole in it or in the next.
constexpr std::size_t kSearchBytes = 16 << 20;
constexpr std::size_t kSearchOverlap = 8 << 20;
constexpr Offset kAnyOffset{std::numeric_limits<std::int64_t>::min()};

bool same_bytes(const bytes::View& left, const bytes::View& right) {
    return left.size() == right.size() && std::ranges::equal(left.span(), right.span());
}

bool is_valid(const FoundBatch& batch) { return wire::BatchSpan{batch.header, batch.bytes.span()}.has_valid_crc(); }

// One segment under recovery.
class Walk {
public:
    Walk(SegmentRecovery recovery, SegmentRef segment, std::uint64_t file_bytes)
        : recovery_(std::move(recovery)),
          segment_(std::move(segment)),
          fresh_(recovery_.context.dir, segment_->base_offset()),
          file_bytes_(file_bytes) {}

    Task<Result<RecoveredSegment>> run();

private:
    Offset end() const { return fresh_.end_offset(); }
    std::uint64_t position() const { return fresh_.bytes(); }
    const wal::WalReplay::Entry* logged_at(Offset base) const;
    BatchCursor cursor() const;
    Task<Result<void>> believe_indexes();
    Task<Result<void>> cut_index_files();
    bool is_right(const FoundBatch& batch, const wal::WalReplay::Entry& logged) const;
    Task<Result<void>> walk();
    Task<Result<std::optional<FoundBatch>>> next_in_file(BatchCursor& cursor);
    Task<Result<void>> complete_from(const wal::WalReplay::Entry& entry);
    Task<Result<bool>> valid_follows();
    Task<Result<void>> treat_rest();
    Task<Result<void>> copy_aside();
    Task<Result<std::string>> free_name() const;

    SegmentRecovery recovery_;
    SegmentRef segment_;
    Segment fresh_;  // what is known to be good, and the indexes of it
    std::shared_ptr<io::File> file_;
    std::uint64_t file_bytes_;
    bool copied_ = false;
    bool stopped_at_cut_ = false;
    RecoveredSegment outcome_;
};

const wal::WalReplay::Entry* Walk::logged_at(Offset base) const {
    if (!recovery_.replay || (recovery_.next_base && base >= *recovery_.next_base)) return nullptr;
    if (recovery_.cut_at && base >= *recovery_.cut_at) return nullptr;
    const auto found = std::ranges::lower_bound(*recovery_.replay, base, {}, &wal::WalReplay::Entry::base);
    return found != recovery_.replay->end() && found->base == base ? &*found : nullptr;
}

BatchCursor Walk::cursor() const {
    return {file_, {.position = position(), .end = file_bytes_, .offset_min = end(), .piece_bytes = kPieceBytes}};
}

// Nullopt at the end and where no valid batch stands.
Task<Result<std::optional<FoundBatch>>> Walk::next_in_file(BatchCursor& cursor) {
    auto batch = co_await cursor.next();
    if (!batch) {
        if (batch.error().code == Errc::kCorrupt) co_return std::nullopt;
        co_return fail(std::move(batch).error());
    }
    if (!*batch) co_return std::nullopt;
    const bool gap = (*batch)->base() != end() && recovery_.gaps == SegmentRecovery::Gaps::kDamage;
    if (gap || !is_valid(**batch)) co_return std::nullopt;
    co_return batch;
}

// Where the write-ahead log has something else: what stands in the file was compacted since if it is as new, and is from
// another timeline if it is older. What differs in nothing that the checksum covers has a damaged offset.
bool Walk::is_right(const FoundBatch& batch, const wal::WalReplay::Entry& logged) const {
    if (batch.base() == logged.base && same_bytes(batch.bytes, logged.batch)) return true;
    if (recovery_.gaps == SegmentRecovery::Gaps::kDamage || recovery_.cut_at) return false;
    const auto header = wire::BatchHeader::parse(logged.batch.span());
    return header && batch.header.leader_epoch >= header->leader_epoch && batch.header.crc != header->crc;
}

Task<Result<void>> Walk::believe_indexes() {
    if (recovery_.indexes == SegmentRecovery::Indexes::kIgnored || recovery_.offset_index_bytes == 0)
        co_return Result<void>{};
    MOLDAU_CO_TRY_ASSIGN(known, co_await known_prefix(recovery_.context, segment_->base_offset(), file_, file_bytes_));
    if (!known || known->base < segment_->base_offset()) co_return Result<void>{};
    fresh_.offset_index().storage().adopt(std::uint64_t{known->offset_entries} * OffsetIndex::kEntryBytes);
    fresh_.time_index().storage().adopt(std::uint64_t{known->time_entries} * TimeIndex::kEntryBytes);
    fresh_.time_index().set_last_timestamp(known->largest.timestamp);
    fresh_.set_extent({.end = known->base, .bytes = known->position, .bytes_synced = known->position});
    fresh_.set_max_timestamp(known->largest);
    fresh_.set_first_timestamp(known->first_timestamp);
    co_return Result<void>{};
}

// Entries of another life must not stand behind those that are kept.
Task<Result<void>> Walk::cut_index_files() {
    for (const auto& [index, bytes, entry_bytes] :
         {std::tuple{&fresh_.offset_index().storage(), recovery_.offset_index_bytes, OffsetIndex::kEntryBytes},
          std::tuple{&fresh_.time_index().storage(), recovery_.time_index_bytes, TimeIndex::kEntryBytes}}) {
        const std::uint64_t kept = std::uint64_t{index->file_entries()} * entry_bytes;
        if (bytes <= kept) continue;
        auto opened = co_await io::open(recovery_.context.files, index->path(), io::OpenMode::kReadWrite);
        if (!opened && opened.error().code == Errc::kNotFound) continue;
        if (!opened) co_return fail(std::move(opened).error());
        if (opened->bytes > kept) MOLDAU_CO_TRY(co_await io::truncate(*opened->file, kept));
    }
    co_return Result<void>{};
}

Task<Result<void>> Walk::walk() {
    BatchCursor at = cursor();
    while (!recovery_.next_base || end() < *recovery_.next_base) {
        MOLDAU_CO_TRY_ASSIGN(batch, co_await next_in_file(at));
        const wal::WalReplay::Entry* const logged = logged_at(end());
        if (batch && (!logged || is_right(*batch, *logged))) {
            if (recovery_.next_base && batch->end() > *recovery_.next_base) break;
            stopped_at_cut_ = recovery_.cut_at && batch->end() > *recovery_.cut_at;
            if (stopped_at_cut_) break;
            fresh_.append(batch->header, recovery_.context.index_interval_bytes);
            continue;
        }
        if (!logged) break;
        if (position() > 0 && position() + logged->batch.size() > recovery_.bytes_max) {
            outcome_.wants_new_segment = true;
            break;
        }
        // What stands there was valid once: another timeline, which was cut before this entry came.
        if (batch) MOLDAU_CO_TRY(co_await copy_aside());
        MOLDAU_CO_TRY(co_await complete_from(*logged));
        at = cursor();
    }
    co_return Result<void>{};
}

Task<Result<void>> Walk::complete_from(const wal::WalReplay::Entry& entry) {
    const auto header = wire::BatchHeader::parse(entry.batch.span());
    if (!header || header->base_offset != entry.base || header->next_offset() != entry.end ||
        header->size_bytes() != entry.batch.size()) {
        co_return fail(Errc::kCorrupt,
                       "write-ahead log entry at offset " + std::to_string(entry.base.value) + " for " + segment_->path());
    }
    MOLDAU_CO_TRY(co_await io::write(*file_, position(), bytes::ChunkList{entry.batch}));
    fresh_.append(*header, recovery_.context.index_interval_bytes);
    file_bytes_ = std::max(file_bytes_, position());
    ++outcome_.entries_replayed;
    co_return Result<void>{};
}

Task<Result<bool>> Walk::valid_follows() {
    for (std::uint64_t at = position(); at < file_bytes_; at += kSearchBytes - kSearchOverlap) {
        const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(kSearchBytes, file_bytes_ - at));
        MOLDAU_CO_TRY_ASSIGN(piece, co_await io::read(*file_, at, length));
        // Whatever its offset says: that may be what is damaged.
        if (find_valid_batch(piece.span(), kAnyOffset)) co_return true;
        if (at + length >= file_bytes_) break;
    }
    co_return false;
}

Task<Result<std::string>> Walk::free_name() const {
    MOLDAU_CO_TRY_ASSIGN(entries, co_await io::list(recovery_.context.files, recovery_.context.dir));
    for (int number = 1;; ++number) {
        const std::string path = segment_->path() + ".damaged-" + std::to_string(number);
        const std::string name = path.substr(recovery_.context.dir.size() + 1);
        if (std::ranges::find(entries, name, &io::DirEntry::name) == entries.end()) co_return path;
    }
}

// The bytes from here to the end, on the disk under another name.
Task<Result<void>> Walk::copy_aside() {
    if (std::exchange(copied_, true)) co_return Result<void>{};
    MOLDAU_CO_TRY_ASSIGN(path, co_await free_name());
    MOLDAU_CO_TRY_ASSIGN(copy, co_await io::open(recovery_.context.files, path, io::OpenMode::kCreateNew));
    for (std::uint64_t at = position(); at < file_bytes_; at += kPieceBytes) {
        const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, file_bytes_ - at));
        MOLDAU_CO_TRY_ASSIGN(piece, co_await io::read(*file_, at, length));
        MOLDAU_CO_TRY(co_await io::write(*copy.file, at - position(), bytes::ChunkList{std::move(piece)}));
    }
    MOLDAU_CO_TRY(co_await io::sync(*copy.file));
    MOLDAU_CO_TRY(co_await io::sync_dir(recovery_.context.files, recovery_.context.dir));
    report_repair(path + ": kept aside what stood in the segment from " + std::to_string(position()));
    co_return Result<void>{};
}

Task<Result<void>> Walk::treat_rest() {
    if (stopped_at_cut_) co_return co_await io::truncate(*file_, position());
    TailFacts facts{.bytes = file_bytes_ - position(), .end = end(), .high_watermark = recovery_.high_watermark};
    const bool is_short = recovery_.next_base && end() < *recovery_.next_base;
    facts.valid_follows = is_short && recovery_.later_has_data;
    if (!facts.valid_follows && facts.bytes > 0) {
        MOLDAU_CO_TRY_ASSIGN(follows, co_await valid_follows());
        facts.valid_follows = follows;
    }
    const TailVerdict verdict =
        recovery_.next_base && !is_short && !facts.valid_follows ? TailVerdict::kCut : judge_tail(facts);
    if (verdict == TailVerdict::kMoveAside) {
        outcome_.damage = segment_->path() + " at " + std::to_string(position()) + ": " + std::to_string(facts.bytes) +
                          " bytes are damaged" + (facts.valid_follows ? ", valid batches follow" : "") +
                          "; the log ends at " + std::to_string(end().value) + ", high watermark " +
                          std::to_string(recovery_.high_watermark.value);
        report_damage(*outcome_.damage);
        if (facts.bytes > 0) MOLDAU_CO_TRY(co_await copy_aside());
    } else if (verdict == TailVerdict::kCut) {
        outcome_.bytes_cut = facts.bytes;
    }
    if (facts.bytes > 0) MOLDAU_CO_TRY(co_await io::truncate(*file_, position()));
    co_return Result<void>{};
}

Task<Result<RecoveredSegment>> Walk::run() {
    MOLDAU_CO_TRY_ASSIGN(opened, co_await io::open(recovery_.context.files, segment_->path(), io::OpenMode::kCreate));
    file_ = std::move(opened.file);
    MOLDAU_CO_TRY(co_await believe_indexes());
    MOLDAU_CO_TRY(co_await walk());
    if (!outcome_.wants_new_segment || file_bytes_ > position()) MOLDAU_CO_TRY(co_await treat_rest());
    if (file_bytes_ > 0) MOLDAU_CO_TRY(co_await io::sync(*file_));
    MOLDAU_CO_TRY(co_await cut_index_files());
    segment_->clear_indexes();
    segment_->take_indexes(fresh_);
    segment_->set_extent({.end = end(), .bytes = position(), .bytes_synced = position()});
    co_return std::move(outcome_);
}

}  // namespace

std::optional<std::size_t> find_valid_batch(bytes::Span bytes, Offset offset_min) {
    for (std::size_t at = 0; at + wire::kBatchHeaderBytes <= bytes.size(); ++at) {
        // One byte rules out almost every place.
        if (bytes[at + wire::batch_field::kMagic] != static_cast<std::uint8_t>(wire::kBatchMagic)) continue;
        const bytes::Span rest = bytes.subspan(at);
        const auto header = wire::BatchHeader::parse(rest);
        if (!header || header->base_offset < offset_min || header->size_bytes() > rest.size()) continue;
        if (wire::BatchSpan{*header, rest.first(header->size_bytes())}.has_valid_crc()) return at;
    }
    return std::nullopt;
}

TailVerdict judge_tail(const TailFacts& facts) {
    if (facts.valid_follows || facts.end < facts.high_watermark) return TailVerdict::kMoveAside;
    return facts.bytes > 0 ? TailVerdict::kCut : TailVerdict::kNothing;
}

Task<Result<RecoveredSegment>> recover_segment(SegmentRecovery recovery, SegmentRef segment, std::uint64_t file_bytes) {
    Walk walk{std::move(recovery), std::move(segment), file_bytes};
    co_return co_await walk.run();
}

}  // namespace moldau::log
