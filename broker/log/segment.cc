// Counting, index entries and the closing of segments.

#include "log/segment.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"

namespace moldau::log {

namespace {

constexpr std::size_t kOffsetDigits = 20;

std::uint32_t entries_max(std::int32_t index_bytes, std::size_t entry_bytes) {
    return static_cast<std::uint32_t>(static_cast<std::size_t>(std::max(index_bytes, 1)) / entry_bytes);
}

}  // namespace

std::string segment_path(std::string_view dir, Offset base, std::string_view suffix) {
    const std::string digits = std::to_string(base.value);
    CHECK(base >= Offset{0} && digits.size() <= kOffsetDigits);
    std::string path{dir};
    path += '/';
    path.append(kOffsetDigits - digits.size(), '0');
    path += digits;
    path += suffix;
    return path;
}

std::optional<Offset> offset_in_name(std::string_view name, std::string_view suffix) {
    if (name.size() != kOffsetDigits + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
    std::int64_t value = 0;
    const char* const end = name.data() + kOffsetDigits;
    const auto [stopped, error] = std::from_chars(name.data(), end, value);
    if (error != std::errc{} || stopped != end || value < 0) return std::nullopt;
    return Offset{value};
}

Segment::Segment(std::string_view dir, Offset base)
    : base_(base),
      end_(base),
      path_(segment_path(dir, base, kLogSuffix)),
      offset_index_(segment_path(dir, base, kOffsetIndexSuffix), base),
      time_index_(segment_path(dir, base, kTimeIndexSuffix), base),
      txn_index_(segment_path(dir, base, kTxnIndexSuffix)) {
    max_timestamp_.last_offset = base;
}

void Segment::set_suffix(std::string_view suffix) {
    const auto renamed = [&](std::string path) {
        path.resize(path.size() - suffix_bytes_);
        return path += suffix;
    };
    path_ = renamed(path_);
    offset_index_.storage().set_path(renamed(offset_index_.storage().path()));
    time_index_.storage().set_path(renamed(time_index_.storage().path()));
    txn_index_.set_path(renamed(txn_index_.path()));
    suffix_bytes_ = suffix.size();
}

void Segment::append(const wire::BatchHeader& header, std::int32_t index_interval_bytes) {
    CHECK(!closed_);
    // An empty batch, as compaction leaves it, has no record with its timestamp.
    if (header.record_count > 0 && header.max_timestamp > max_timestamp_.timestamp)
        max_timestamp_ = {header.max_timestamp, header.last_offset()};
    if (bytes_since_index_ > static_cast<std::uint64_t>(std::max(index_interval_bytes, 0))) {
        offset_index_.append({header.last_offset(), static_cast<std::uint32_t>(bytes_)});
        time_index_.append(max_timestamp_);
        bytes_since_index_ = 0;
    }
    if (bytes_ == 0) first_timestamp_ = header.max_timestamp;
    bytes_ += header.size_bytes();
    bytes_since_index_ += header.size_bytes();
    end_ = header.next_offset();
    index_changed_ = true;
}

bool Segment::is_full(const LogConfig& config) const {
    return offset_index_.storage().entries() >= entries_max(config.segment_index_bytes, OffsetIndex::kEntryBytes) ||
           time_index_.storage().entries() + 1 >= entries_max(config.segment_index_bytes, TimeIndex::kEntryBytes);
}

bool Segment::must_roll(const wire::BatchHeader& header, const LogConfig& config, Now now) const {
    if (header.last_offset() - base_ > kSegmentBytesMax) return true;
    if (bytes_ == 0) return false;
    const auto limit = static_cast<std::uint64_t>(std::clamp<std::int64_t>(config.segment_bytes, 0, kSegmentBytesMax));
    if (bytes_ + header.size_bytes() > limit) return true;
    // As Kafka: by the records' own time where they have one, so that what was written together is kept together.
    const bool by_records = first_timestamp_ && *first_timestamp_ >= 0;
    const std::int64_t waited = by_records ? header.max_timestamp - *first_timestamp_ : (now.wall - created_).count();
    return waited > (config.segment_ms - jitter_).count() || is_full(config);
}

bool Segment::is_overdue(const LogConfig& config, Now now) const {
    return bytes_ > 0 && now.wall - created_ > config.segment_ms - jitter_;
}

void Segment::set_extent(Extent extent) {
    CHECK(extent.bytes_synced <= extent.bytes && base_ <= extent.end);
    end_ = extent.end;
    bytes_ = extent.bytes;
    bytes_written_ = extent.bytes;
    bytes_synced_ = extent.bytes_synced;
}

void Segment::set_created(WallTime created, Millis jitter) {
    created_ = created;
    jitter_ = jitter;
}

void Segment::clear_indexes() {
    offset_index_.storage().clear();
    time_index_.clear();
    finished_ = false;
    index_changed_ = true;
}

void Segment::take_indexes(Segment& fresh) {
    offset_index_ = std::move(fresh.offset_index_);
    time_index_ = std::move(fresh.time_index_);
    max_timestamp_ = fresh.max_timestamp_;
    bytes_since_index_ = fresh.bytes_since_index_;
    first_timestamp_ = fresh.first_timestamp_;
    if (closed_) time_index_.append(max_timestamp_);
    finished_ = false;
    index_changed_ = true;
}

void Segment::close() {
    if (closed_) return;
    time_index_.append(max_timestamp_);
    closed_ = true;
}

Task<Result<void>> Segment::finish(io::FileSystem& files) {
    CHECK(closed_ && bytes_written_ == bytes_);
    if (finished_) co_return Result<void>{};
    MOLDAU_CO_TRY(co_await finish_files(files));
    finished_ = true;
    co_return Result<void>{};
}

Task<Result<void>> Segment::finish_active(io::FileSystem& files) {
    if (!index_changed_) co_return Result<void>{};
    time_index_.append(max_timestamp_);
    co_return co_await finish_files(files);
}

Task<Result<void>> Segment::finish_files(io::FileSystem& files) {
    MOLDAU_CO_TRY(co_await time_index_.storage().finish(files));
    MOLDAU_CO_TRY(co_await offset_index_.storage().finish(files));
    MOLDAU_CO_TRY(co_await txn_index_.finish(files));
    if (preallocate_bytes_ == 0) co_return Result<void>{};
    MOLDAU_CO_TRY_ASSIGN(opened, co_await file(files));
    MOLDAU_CO_TRY(co_await io::truncate(*opened, bytes_));
    preallocate_bytes_ = 0;
    co_return Result<void>{};
}

bool Segment::index_tail_is_full() const {
    return offset_index_.storage().tail_is_full() || time_index_.storage().tail_is_full() || txn_index_.tail_is_full();
}

Task<Result<void>> Segment::write_indexes(io::FileSystem& files) {
    // Time first, and no offset entries that came meanwhile: a process that dies leaves no offset entry whose time entry is
    // missing.
    MOLDAU_CO_TRY(co_await txn_index_.write_tail(files));
    const std::uint32_t offsets = offset_index_.storage().entries();
    MOLDAU_CO_TRY(co_await time_index_.storage().write_tail(files, time_index_.storage().entries()));
    co_return co_await offset_index_.storage().write_tail(files, offsets);
}

io::OpenMode Segment::open_mode() const {
    if (closed_ && is_settled()) return io::OpenMode::kRead;
    return bytes_written_ == 0 ? io::OpenMode::kCreate : io::OpenMode::kReadWrite;
}

void Segment::adopt_closed() {
    closed_ = true;
    finished_ = true;
}

Task<Result<std::shared_ptr<io::File>>> Segment::file(io::FileSystem& files) {
    if (file_) co_return file_;
    if (pinned_) co_return pinned_;
    MOLDAU_CO_TRY_ASSIGN(opened, co_await io::open(files, path_, open_mode()));
    std::shared_ptr<io::File> file = std::move(opened.file);
    if (file_) co_return file_;  // somebody else was quicker
    if (preallocate_bytes_ > opened.bytes) MOLDAU_CO_TRY(co_await io::allocate(*file, preallocate_bytes_));
    file_ = file;
    co_return file;
}

}  // namespace moldau::log
