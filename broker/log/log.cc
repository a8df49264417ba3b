// Append, reads and the clock-driven work of a log; opening, closing and cutting are in log_changes.cc.

#include "log/log.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "log/log_impl.h"
#include "producers/producer_snapshot.h"

namespace moldau::log {

namespace {

// How often a read that ran into a cut starts again.
constexpr int kReadAttemptsMax = 3;
// A log that got nothing for so long gives the memory of its hot tail back.
constexpr std::chrono::seconds kIdle{60};
// So much of the active segment is replayed at most at an unclean start, to know producers and epochs.
constexpr std::uint64_t kSnapshotBytes = 256 << 20;

}  // namespace

Log::Impl::Impl(LogIdentity identity, LogConfig config, LogEnvironment environment, RecoveredLog recovered)
    : identity_(std::move(identity)),
      config_(config),
      environment_(environment),
      segments_(std::move(recovered.segments)),
      epochs_(std::move(recovered.epochs)),
      producers_(std::move(recovered.producers)),
      log_start_(recovered.log_start),
      report_(std::move(recovered.report)),
      hot_(environment.hot_budget),
      writer_({.executor = environment.executor,
               .files = environment.files,
               .wal = environment.wal,
               .partition = {identity_.topic_id, identity_.name.partition},
               .dir = identity_.dir,
               .on_trouble = environment.on_trouble},
              {.written = segments_.active()->end_offset(), .synced = segments_.active()->end_offset()}),
      reader_(environment.files, identity_.dir, segments_),
      cut_old_end_(recovered.cut_old_end),
      snapshot_offset_(recovered.snapshot_offset),
      no_reads_(environment.executor),
      saved_(environment.executor),
      deletions_(environment.executor) {
    reader_.set_index_interval(config_.index_interval_bytes);
    writer_.on_progress([this] { progressed(); });
}

void Log::Impl::progressed() {
    hot_.evict(config_.hot_tail_bytes, writer_.segment_end());
    if (on_progress_) on_progress_();
}

Result<void> Log::Impl::may_append(const wire::ValidatedBatch& batch, LeaderEpoch epoch) const {
    if (phase_ == Phase::kClosed) return fail(Errc::kKafkaStorageError, identity_.dir + " is closed");
    if (phase_ == Phase::kChanging) return fail(Errc::kBusy, identity_.dir + " is being cut");
    const auto limit = std::clamp<std::int64_t>(config_.segment_bytes, 0, kSegmentBytesMax);
    if (std::cmp_greater(batch.size_bytes(), limit)) {
        return fail(Errc::kRecordListTooLarge,
                    std::to_string(batch.size_bytes()) + " bytes, segment.bytes is " + std::to_string(limit));
    }
    if (epoch < epochs_.latest()) return fail(Errc::kFencedLeaderEpoch, "epoch " + std::to_string(epoch.value));
    return writer_.admit(batch.size_bytes());
}

Result<AppendedRange> Log::Impl::append(const wire::ValidatedBatch& batch, LeaderEpoch epoch, Now now) {
    MOLDAU_TRY(may_append(batch, epoch));
    MOLDAU_TRY_ASSIGN(repeat, producers_.check(batch.header, config_.producers_max));
    const bool log_append_time = batch.header.attributes.timestamp_type() == wire::TimestampType::kLogAppendTime;
    if (repeat) {
        return AppendedRange{.base = repeat->base,
                             .end = repeat->end,
                             .duplicate = true,
                             .append_timestamp = log_append_time ? repeat->timestamp : -1};
    }
    wire::BatchHeader header = batch.header;
    header.base_offset = end_offset();
    header.leader_epoch = epoch;
    if (segments_.active()->must_roll(header, config_, now)) roll(header.base_offset, now);

    const SegmentRef& segment = segments_.active();
    bytes::ChunkList bytes = batch.stamped(header.base_offset, epoch);
    MOLDAU_TRY(writer_.append({.segment = segment,
                               .position = segment->bytes(),
                               .base = header.base_offset,
                               .end = header.next_offset(),
                               .bytes = bytes},
                              config_));
    if (segment->bytes() == 0) segment->set_begun(now.wall);
    segment->append(header, config_.index_interval_bytes);
    hot_.append({header.base_offset, header.next_offset(), std::move(bytes)});
    const auto aborted =
        producers_.append(header, to_timestamp(now.wall), producers::marker_in(header, batch.records.span()));
    if (aborted) segment->txn_index().append(*aborted);
    if (epochs_.assign(epoch, header.base_offset)) epochs_dirty_ = true;
    last_append_ = now.mono;
    bytes_since_snapshot_ += header.size_bytes();
    after_append();
    return AppendedRange{.base = header.base_offset,
                         .end = header.next_offset(),
                         .append_timestamp = log_append_time ? header.max_timestamp : -1};
}

void Log::Impl::after_append() {
    if (bytes_since_snapshot_ >= kSnapshotBytes) snapshot_soon(end_offset());
    if (config_.durability != Durability::kReplicated) return;
    if (end_offset() - writer_.recovery_point() >= config_.flush_messages) writer_.sync_soon(end_offset());
}

void Log::Impl::roll(Offset base, Now now) {
    const SegmentRef closed = segments_.active();
    if (closed->base_offset() == base) return;  // empty: nothing to gain
    auto segment = std::make_shared<Segment>(identity_.dir, base);
    segment->set_created(now.wall, roll_jitter(identity_, config_, base));
    segment->created();
    if (config_.preallocate) segment->preallocate(static_cast<std::uint64_t>(config_.segment_bytes));
    segments_.push_back(std::move(segment));
    writer_.close_segment(closed);
    snapshot_soon(base);
}

void Log::Impl::snapshot_soon(Offset offset) {
    bytes_since_snapshot_ = 0;
    tasks_.start(save_in_background(offset, producers::encode_producer_snapshot(producers_.entries())));
}

Result<void> Log::Impl::check_range(const ReadOptions& options) const {
    if (options.from >= log_start_ && options.from <= end_offset()) return {};
    return fail(Errc::kOffsetOutOfRange, identity_.name.to_string() + " has [" + std::to_string(log_start_.value) + ", " +
                                             std::to_string(end_offset().value) + "), asked for " +
                                             std::to_string(options.from.value));
}

ReadRange Log::Impl::take_hot(std::size_t first, const ReadOptions& options) const {
    ReadRange range{{}, options.from};
    for (std::size_t index = first; index < hot_.count(); ++index) {
        const HotBatch& batch = hot_.at(index);
        if (batch.end > options.end) break;
        const bool fits = range.batches.size() + batch.bytes.size() <= options.bytes_max;
        const bool must = range.batches.empty() && options.first_batch == ReadOptions::FirstBatch::kAlways;
        if (!fits && !must) break;
        range.batches.append(batch.bytes);
        range.end = batch.end;
    }
    return range;
}

std::optional<Result<ReadRange>> Log::Impl::read_now(const ReadOptions& options) {
    auto range = hot_range(options);
    if (!range && options.form == ReadOptions::Form::kMemoryOrFile && phase_ == Phase::kOpen) {
        ReadOptions bounded = options;
        bounded.end = std::min(options.end, writer_.segment_end());
        if (auto cached = reader_.read_cached(bounded)) range = *std::move(cached);
    }
    if (range && *range && !list_aborted_now(**range, options)) return std::nullopt;
    return range;
}

std::optional<Result<ReadRange>> Log::Impl::hot_range(const ReadOptions& options) const {
    if (auto checked = check_range(options); !checked) return fail(std::move(checked).error());
    if (options.from >= std::min(options.end, end_offset())) return ReadRange{{}, options.from};
    const auto first = hot_.find(options.from);
    if (!first) return std::nullopt;
    return take_hot(*first, options);
}

Task<Result<ReadRange>> Log::Impl::read(ReadOptions options) {
    if (auto hot = read_now(options)) co_return *std::move(hot);
    ++reads_;
    auto range = co_await read_files(options);
    if (--reads_ == 0) no_reads_.notify_all();
    co_return range;
}

Task<Result<ReadRange>> Log::Impl::read_files(ReadOptions options) {
    for (int attempt = 1;; ++attempt) {
        if (phase_ == Phase::kClosed) co_return fail(Errc::kKafkaStorageError, identity_.dir + " is closed");
        const std::uint64_t generation = generation_;
        auto range = co_await read_once(options);
        if (generation == generation_) co_return range;
        // The log was cut, cleaned or its start moved under the read: bytes and list may not belong together.
        if (range && options.aborted == ReadOptions::Aborted::kIgnored) co_return range;
        if (auto hot = read_now(options)) co_return *std::move(hot);
        if (attempt < kReadAttemptsMax) continue;
        if (range) co_return fail(Errc::kBusy, identity_.dir + " changes all the time");
        co_return range;
    }
}

Task<Result<ReadRange>> Log::Impl::read_once(ReadOptions options) {
    ReadOptions bounded = options;
    bounded.end = std::min(options.end, writer_.segment_end());
    Result<ReadRange> range = ReadRange{{}, options.from};
    if (auto hot = hot_range(options)) {
        range = *std::move(hot);
    } else {
        range = co_await reader_.read(bounded);
    }
    if (!range || list_aborted_now(*range, options)) co_return range;
    co_return co_await list_aborted(*std::move(range), options.from);
}

// False, and nothing is listed, when files must be read.
bool Log::Impl::list_aborted_now(ReadRange& range, const ReadOptions& options) const {
    if (options.aborted == ReadOptions::Aborted::kIgnored || range.batches.empty()) return true;
    AbortedSearch search{options.from, range.end};
    const auto& all = segments_.all();
    auto after = std::ranges::upper_bound(all, options.from, {}, [](const auto& segment) { return segment->base_offset(); });
    if (after != all.begin()) --after;
    for (; after != all.end() && !search.is_complete; ++after) {
        if (!(*after)->txn_index().search_now(search)) return false;
    }
    range.aborted = std::move(search.found);
    return true;
}

Task<Result<ReadRange>> Log::Impl::list_aborted(ReadRange range, Offset from) {
    AbortedSearch search{from, range.end};
    SegmentRef segment = segments_.floor(from);
    for (; segment && !search.is_complete; segment = segments_.after(*segment)) {
        if (segment->txn_index().search_now(search)) continue;
        MOLDAU_CO_TRY_ASSIGN(more, co_await segment->txn_index().search(environment_.files, std::move(search)));
        search = std::move(more);
    }
    range.aborted = std::move(search.found);
    co_return range;
}

Offset Log::Impl::last_stable_offset(Offset high_watermark) const {
    const Offset first = producers_.first_unstable(high_watermark).value_or(high_watermark);
    return std::min(high_watermark, std::max(first, log_start_));
}

void Log::Impl::high_watermark_moved(Offset high_watermark) {
    high_watermark_ = high_watermark;
    producers_.forget_completed(high_watermark);
}

Task<Result<std::optional<TimestampedOffset>>> Log::Impl::find_timestamp(std::int64_t timestamp, Offset end) {
    if (end > log_start_) MOLDAU_CO_TRY(co_await writer_.wait_written(std::min(end, end_offset())));
    if (phase_ == Phase::kClosed) co_return fail(Errc::kKafkaStorageError, identity_.dir + " is closed");
    ++reads_;
    auto found = co_await reader_.find_timestamp({.timestamp = timestamp, .from = log_start_, .end = end});
    if (--reads_ == 0) no_reads_.notify_all();
    co_return found;
}

Task<Result<std::optional<TimestampedOffset>>> Log::Impl::find_max_timestamp(Offset end) {
    if (end > log_start_) MOLDAU_CO_TRY(co_await writer_.wait_written(std::min(end, end_offset())));
    if (phase_ == Phase::kClosed) co_return fail(Errc::kKafkaStorageError, identity_.dir + " is closed");
    ++reads_;
    auto found = co_await reader_.find_max_timestamp(log_start_, end);
    if (--reads_ == 0) no_reads_.notify_all();
    co_return found;
}

void Log::Impl::reconfigure(const LogConfig& config) {
    config_ = config;
    reader_.set_index_interval(config_.index_interval_bytes);
    // What the write-ahead log has not got counts only when its segment is synced.
    if (config_.durability == Durability::kSynced && writer_.durable_end() < end_offset()) writer_.sync_soon(end_offset());
}

void Log::Impl::tick(Now now) {
    if (phase_ != Phase::kOpen || writer_.failure()) return;
    if (segments_.active()->is_overdue(config_, now)) roll(end_offset(), now);
    const auto since = writer_.unsynced_since();
    if (config_.durability == Durability::kReplicated && since && now.mono - *since >= config_.flush_ms) {
        writer_.sync_soon(end_offset());
    }
    if (now.mono - last_append_ >= kIdle && hot_.count() > 0) hot_.evict(0, writer_.segment_end());
    if (!producers_.empty()) producers_.expire(now.wall, config_.producer_expiration_ms);
}

Log::Stats Log::Impl::stats() const {
    Stats stats{.segments = segments_.count(), .producers = producers_.count(), .hot_bytes = hot_.held_bytes()};
    for (const auto& segment : segments_.all()) stats.bytes += segment->bytes();
    return stats;
}

Log::Log(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Log::~Log() = default;

Result<AppendedRange> Log::append(wire::ValidatedBatch batch, LeaderEpoch epoch, Now now) {
    return impl_->append(batch, epoch, now);
}
Offset Log::log_start_offset() const { return impl_->log_start_; }
Offset Log::local_log_start_offset() const { return std::max(impl_->log_start_, impl_->segments_.front()->base_offset()); }
Offset Log::end_offset() const { return impl_->end_offset(); }
Offset Log::written_end() const { return impl_->writer_.written_end(); }
Offset Log::durable_end() const { return impl_->writer_.durable_end(); }
Offset Log::recovery_point() const { return impl_->recovery_point(); }
Offset Log::committed_end() const { return impl_->committed_end(); }
const std::optional<Error>& Log::failure() const { return impl_->writer_.failure(); }
std::optional<Error> Log::held_up() const {
    // What the write-ahead log has counts without its segment.
    const bool logged = impl_->config_.durability == Durability::kSynced && !impl_->writer_.has_unlogged();
    return logged ? std::nullopt : impl_->writer_.full();
}
void Log::fail_with(Error error) { impl_->writer_.fail_with(std::move(error)); }
void Log::stop_waiting_for_space() { impl_->writer_.stop_waiting_for_space(); }
void Log::on_progress(std::function<void()> callback) { impl_->on_progress_ = std::move(callback); }
Task<Result<ReadRange>> Log::read(ReadOptions options) { return impl_->read(options); }
std::optional<Result<ReadRange>> Log::read_now(const ReadOptions& options) { return impl_->read_now(options); }
Task<Result<std::optional<TimestampedOffset>>> Log::find_timestamp(std::int64_t timestamp, Offset end) {
    return impl_->find_timestamp(timestamp, end);
}
Task<Result<std::optional<TimestampedOffset>>> Log::find_max_timestamp(Offset end) { return impl_->find_max_timestamp(end); }
std::vector<producers::ProducerEntry> Log::producers() const { return impl_->producers_.entries(); }
std::vector<producers::RepeatWindow> Log::repeat_windows() const { return impl_->producers_.repeat_windows(); }
Offset Log::last_stable_offset(Offset high_watermark) const { return impl_->last_stable_offset(high_watermark); }
void Log::high_watermark_moved(Offset high_watermark) { impl_->high_watermark_moved(high_watermark); }
LeaderEpoch Log::latest_epoch() const { return impl_->epochs_.latest(); }
EpochEnd Log::end_of_epoch(LeaderEpoch epoch) const { return impl_->epochs_.end_of(epoch, end_offset()); }
LeaderEpoch Log::epoch_at(Offset offset) const { return impl_->epochs_.at(offset); }
Task<Result<void>> Log::flush() { return impl_->flush(); }
Task<Result<void>> Log::truncate_to(Offset end) { return impl_->truncate_to(end); }
Task<Result<void>> Log::restart_at(Offset offset) { return impl_->restart_at(offset); }
Task<Result<void>> Log::advance_start(Offset offset) { return impl_->advance_start(offset); }
std::vector<SegmentRef> Log::segments() const { return impl_->segments_.all(); }
void Log::roll(Now now) { impl_->roll(impl_->end_offset(), now); }
Task<Result<void>> Log::replace_segments(std::vector<SegmentRef> old, SegmentRef fresh) {
    return impl_->replace_segments(std::move(old), std::move(fresh));
}
void Log::reconfigure(const LogConfig& config) { impl_->reconfigure(config); }
void Log::tick(Now now) { impl_->tick(now); }
Log::Stats Log::stats() const { return impl_->stats(); }
const LogIdentity& Log::identity() const { return impl_->identity_; }
const LogConfig& Log::config() const { return impl_->config_; }
const RecoveryReport& Log::recovery() const { return impl_->report_; }
Task<Result<void>> Log::close() { return impl_->close(); }
Task<Result<std::string>> Log::close_and_mark_deleted(Uuid unique) { return impl_->close_and_mark_deleted(unique); }

}  // namespace moldau::log
