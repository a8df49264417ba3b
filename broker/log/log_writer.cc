// The write loop, the sync loop and the arithmetic of the ends.

#include "log/log_writer.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace moldau::log {

namespace {

// One gather write takes at most so much; what came meanwhile goes with the next one.
constexpr std::size_t kWriteBytesMax = 8 << 20;
constexpr std::size_t kWriteBatchesMax = 512;
constexpr std::chrono::seconds kRetryAfter{1};

// Does waiting help? The disk is full, or the process is short of descriptors.
bool is_passing(const Error& error) { return error.code == Errc::kDiskFull || error.code == Errc::kBusy; }

}  // namespace

LogWriter::LogWriter(Environment environment, Ends ends)
    : environment_(std::move(environment)),
      end_(ends.written),
      segment_end_(ends.written),
      synced_end_(ends.synced),
      wal_end_(ends.synced),
      sync_goal_(ends.synced),
      waiters_(environment_.executor) {
    if (ends.synced < ends.written) unlogged_.push_back({ends.synced, ends.written});
}

Result<void> LogWriter::admit(std::size_t bytes) const {
    if (failure_) return fail(Errc::kKafkaStorageError, "the log is read-only since: " + failure_->to_string());
    if (!queue_.empty() && queued_bytes_ + bytes > kQueuedBytesMax) {
        return fail(Errc::kBusy, environment_.dir + ": " + std::to_string(queued_bytes_) + " bytes wait for the disk");
    }
    return {};
}

Result<void> LogWriter::append(Batch batch, const LogConfig& config) {
    const Range range{batch.base, batch.end};
    const bool synced = config.durability == Durability::kSynced;
    const bool uses_wal = environment_.wal && synced && batch.bytes.size() <= config.wal_batch_bytes_max;
    if (uses_wal) {
        auto done = [this, range](Result<void> result) {
            --wal_pending_;
            if (!result) return fail_with(std::move(result).error());
            if (!failure_) wal_end_ = std::max(wal_end_, range.end);
            moved();
        };
        ++wal_pending_;
        auto appended =
            environment_.wal->append(environment_.partition, range.base, range.end, batch.bytes, std::move(done));
        if (!appended) {
            --wal_pending_;
            if (appended.error().code != Errc::kBusy) fail_with(appended.error());
            return appended;
        }
    } else {
        note_unlogged(range);
    }
    end_ = range.end;
    queued_bytes_ += batch.bytes.size();
    queue_.push_back(std::move(batch));
    if (!unsynced_since_) unsynced_since_ = environment_.executor.now().mono;
    start_writing();
    if (!uses_wal && synced) sync_soon(range.end);
    return {};
}

void LogWriter::note_unlogged(Range range) {
    if (!unlogged_.empty() && unlogged_.back().end == range.base) {
        unlogged_.back().end = range.end;
    } else {
        unlogged_.push_back(range);
    }
}

Offset LogWriter::durable_end() const {
    const Offset reached = std::max(wal_end_, synced_end_);
    for (const Range& range : unlogged_) {
        if (range.end > synced_end_) return std::min(reached, std::max(range.base, synced_end_));
    }
    return reached;
}

Offset LogWriter::written_end() const { return std::max(segment_end_, durable_end()); }

void LogWriter::start_writing() {
    if (writing_ || failure_ || rest_timer_ || tasks_.stopping()) return;
    writing_ = true;
    environment_.executor.at_end_of_turn([this] {
        if (tasks_.start(write_loop())) return;
        writing_ = false;
        moved();
    });
}

Task<void> LogWriter::write_loop() {
    while (!queue_.empty() && !failure_ && !rest_timer_) {
        auto wrote = co_await write_front();
        if (!wrote) troubled(std::move(wrote).error());
    }
    writing_ = false;
    moved();
}

// A write that met the full disk may have left a part: it is written again, whole, at the same place.
void LogWriter::troubled(Error error) {
    if (failure_) return;
    if (!is_passing(error) || impatient_) return fail_with(std::move(error));
    full_ = std::move(error);
    if (environment_.on_trouble) environment_.on_trouble(*full_);
    rest();
    moved();
}

void LogWriter::rest() {
    cancel_rest();
    rest_timer_ = environment_.executor.schedule(environment_.executor.now().mono + kRetryAfter, [this] { wake(); });
}

void LogWriter::wake() {
    cancel_rest();
    rest_timer_.reset();
    if (!queue_.empty()) start_writing();
    start_syncing();
}

void LogWriter::stop_waiting_for_space() {
    impatient_ = true;
    if (rest_timer_) wake();
}

Task<Result<void>> LogWriter::write_front() {
    const std::shared_ptr<Segment> segment = queue_.front().segment;
    MOLDAU_CO_TRY_ASSIGN(file, co_await segment->file(environment_.files));
    const std::uint64_t position = queue_.front().position;
    CHECK(position == segment->bytes_written());
    bytes::ChunkList data;
    std::size_t batches = 0;
    for (const Batch& batch : queue_) {
        if (batch.segment != segment || batches == kWriteBatchesMax) break;
        if (batches > 0 && data.size() + batch.bytes.size() > kWriteBytesMax) break;
        data.append(batch.bytes);
        ++batches;
    }
    const std::size_t bytes = data.size();
    MOLDAU_CO_TRY(co_await io::write(*file, position, std::move(data)));
    note_written(*segment, bytes, batches);
    went_well();
    if (std::ranges::find(dirty_, segment) == dirty_.end()) dirty_.push_back(segment);
    if (segment->index_tail_is_full()) index_due_ = true;
    start_syncing();
    moved();
    co_return Result<void>{};
}

void LogWriter::note_written(Segment& segment, std::size_t bytes, std::size_t batches) {
    segment.written(bytes);
    segment_end_ = queue_[batches - 1].end;
    queued_bytes_ -= bytes;
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(batches));
    if (queue_.empty() && queue_.capacity() > kWriteBatchesMax) std::vector<Batch>{}.swap(queue_);
}

void LogWriter::sync_soon(Offset end) {
    sync_goal_ = std::max(sync_goal_, std::min(end, end_));
    start_syncing();
}

void LogWriter::close_segment(std::shared_ptr<Segment> segment) {
    segment->close();
    if (std::ranges::find(dirty_, segment) == dirty_.end()) dirty_.push_back(std::move(segment));
    start_syncing();
}

Offset LogWriter::recovery_point() const {
    for (const auto& segment : dirty_) {
        if (segment->is_closed() && !segment->is_settled()) return std::min(synced_end_, segment->base_offset());
    }
    return synced_end_;
}

// Each round covers what was written when it began; when the goal has not been written yet, the next write starts the next
// round.
bool LogWriter::sync_is_due() const {
    return index_due_ || finish_is_due() || (sync_goal_ > synced_end_ && segment_end_ > synced_end_);
}

// A closed segment waits for the rest of its bytes first: whoever waits for recovery_point() needs the round after that,
// whatever the goal is.
bool LogWriter::finish_is_due() const {
    return std::ranges::any_of(dirty_, [](const auto& segment) {
        return segment->is_closed() && !segment->is_settled() && segment->bytes_written() == segment->bytes();
    });
}

void LogWriter::start_syncing() {
    if (syncing_ || failure_ || rest_timer_ || !sync_is_due()) return;
    syncing_ = true;
    if (!tasks_.start(sync_loop())) syncing_ = false;
}

Task<void> LogWriter::sync_loop() {
    while (!failure_ && !rest_timer_ && sync_is_due()) {
        const bool indexes = std::exchange(index_due_, false);
        auto round = indexes ? co_await write_indexes() : co_await sync_round();
        if (round) {
            went_well();
            continue;
        }
        index_due_ = index_due_ || indexes;
        troubled(std::move(round).error());
    }
    syncing_ = false;
    moved();
}

// The only place besides finish() where indexes are written: never two at a time.
Task<Result<void>> LogWriter::write_indexes() {
    const auto dirty = dirty_;
    for (const auto& segment : dirty) {
        if (segment->index_tail_is_full()) MOLDAU_CO_TRY(co_await segment->write_indexes(environment_.files));
    }
    co_return Result<void>{};
}

Task<Result<void>> LogWriter::sync_round() {
    const Offset target = segment_end_;
    const MonoTime began = environment_.executor.now().mono;
    MOLDAU_CO_TRY(co_await sync_dirty());
    synced_end_ = target;
    std::erase_if(unlogged_, [&](const Range& range) { return range.end <= synced_end_; });
    unsynced_since_ = synced_end_ == end_ ? std::nullopt : std::optional{began};
    moved();
    co_return Result<void>{};
}

Task<Result<void>> LogWriter::sync_dirty() {
    const auto dirty = dirty_;
    for (const auto& segment : dirty) MOLDAU_CO_TRY(co_await sync_segment(*segment));
    std::erase_if(dirty_, [](const auto& segment) {
        if (segment->is_closed() && segment->is_settled()) segment->release_file();
        return segment->is_settled();
    });
    co_return Result<void>{};
}

Task<Result<void>> LogWriter::sync_segment(Segment& segment) {
    const std::uint64_t written = segment.bytes_written();
    if (segment.is_closed() && written == segment.bytes()) MOLDAU_CO_TRY(co_await segment.finish(environment_.files));
    MOLDAU_CO_TRY_ASSIGN(file, co_await segment.file(environment_.files));
    MOLDAU_CO_TRY(co_await io::sync(*file));
    if (segment.needs_dir_sync()) {
        MOLDAU_CO_TRY(co_await io::sync_dir(environment_.files, environment_.dir));
        segment.dir_synced();
    }
    segment.synced(written);
    co_return Result<void>{};
}

void LogWriter::fail_with(Error error) {
    if (!failure_) {
        failure_ = std::move(error);
        if (environment_.on_trouble) environment_.on_trouble(*failure_);
    }
    moved();
}

// A waiter may be the one that destroys this object: waking them comes last.
void LogWriter::moved() {
    if (!progress_due_ && on_progress_) {
        progress_due_ = true;
        environment_.executor.at_end_of_turn([this] {
            progress_due_ = false;
            if (on_progress_) on_progress_();
            waiters_.notify_all();
        });
    }
    waiters_.notify_all();
}

bool LogWriter::is_idle() const {
    return !writing_ && !syncing_ && !progress_due_ && wal_pending_ == 0 && (queue_.empty() || failure_);
}

template <class Reached>
Task<Result<void>> LogWriter::wait_until(Reached reached) {
    while (!failure_ && !reached()) co_await waiters_.wait();
    if (failure_) co_return fail(*failure_);
    co_return Result<void>{};
}

Task<Result<void>> LogWriter::wait_written(Offset end) {
    return wait_until([this, end] { return segment_end_ >= end; });
}

Task<Result<void>> LogWriter::wait_synced(Offset end) {
    sync_soon(end);
    return wait_until([this, end] { return recovery_point() >= end; });
}

Task<Result<void>> LogWriter::wait_idle() {
    return wait_until([this] { return is_idle(); });
}

void LogWriter::restart(Offset end) {
    CHECK(is_idle());
    end_ = segment_end_ = synced_end_ = wal_end_ = sync_goal_ = end;
    dirty_.clear();
    unlogged_.clear();
    unsynced_since_.reset();
    moved();
}

Task<Result<void>> LogWriter::log_truncation(Offset end) {
    if (!environment_.wal) co_return Result<void>{};
    co_return co_await completion<Result<void>>([&](auto done) {
        auto shared = std::make_shared<decltype(done)>(std::move(done));  // it is called in one of two places
        auto queued = environment_.wal->truncated(environment_.partition, end,
                                                  [shared](Result<void> result) { (*shared)(std::move(result)); });
        if (!queued) (*shared)(std::move(queued));
    });
}

Task<void> LogWriter::stop() {
    tasks_.request_stop();
    cancel_rest();
    while (writing_ || syncing_ || progress_due_ || wal_pending_ > 0) co_await waiters_.wait();
    co_await tasks_.stop();
}

}  // namespace moldau::log
