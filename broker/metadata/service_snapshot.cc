// Snapshots in the background and what they make superfluous; the end.

#include "base/logger.h"
#include "metadata/service_impl.h"
#include "metadata/snapshot_files.h"

namespace moldau::metadata {
namespace {

// The newest, and the one before it with the log since then, in case the newest turns out to be damaged.
constexpr std::size_t kSnapshotsKept = 2;

// Goes on from the loop itself. Whoever closes may have been resumed by this very service or its log, further up the stack,
// and will destroy both next.
Task<void> leave_the_stack(io::Executor& executor) {
    co_await completion<bool>([&](auto done) { executor.post([done = std::move(done)]() mutable { done(true); }); });
}

}  // namespace

void MetadataService::Impl::snapshot_when_due() {
    if (snapshotting_ == Activity::kRunning || failure) return;
    if (bytes_since_snapshot_ < options.snapshot_bytes && records_since_snapshot_ < options.snapshot_records) return;
    tasks_.start([](Impl& self) -> Task<void> {
        if (auto written = co_await self.snapshot(); !written) {
            LOG_ERROR("metadata", "no snapshot could be written, the log grows on: error=\"{}\"",
                      written.error().to_string());
        }
    }(*this));
}

Task<Result<void>> MetadataService::Impl::snapshot() {
    if (snapshotting_ == Activity::kRunning) co_return fail(Errc::kBusy, "a snapshot is being written");
    snapshotting_ = Activity::kRunning;
    auto written = co_await write_next_snapshot();
    snapshotting_ = Activity::kIdle;
    co_return written;
}

Task<Result<void>> MetadataService::Impl::write_next_snapshot() {
    const ImageRef image = published;
    const SnapshotId id{image->end_offset(), image->epoch()};
    if (!snapshots_.empty() && snapshots_.back() == id) co_return Result<void>{};
    bytes_since_snapshot_ = 0;  // also when it fails: the next attempt comes with as much again
    records_since_snapshot_ = 0;
    MOLDAU_CO_TRY_ASSIGN(size, co_await write_snapshot(environment_.files, dir_, image, last_time_));
    snapshots_.push_back(id);
    ++counters.snapshots;
    counters.snapshot_bytes = size;
    LOG_INFO("metadata", "snapshot written: end_offset={} bytes={}", id.end.value, size);

    if (snapshots_.size() < kSnapshotsKept) co_return Result<void>{};
    const Offset needed = snapshots_[snapshots_.size() - kSnapshotsKept].end;
    node_->step(raft::SnapshotStored{needed});
    if (needed > log_->log_start_offset()) MOLDAU_CO_TRY(co_await log_->advance_start(needed));
    while (snapshots_.size() > kSnapshotsKept) {
        MOLDAU_CO_TRY(co_await remove_snapshot(environment_.files, dir_, snapshots_.front()));
        snapshots_.erase(snapshots_.begin());
    }
    co_return Result<void>{};
}

Task<Result<void>> MetadataService::Impl::close() {
    state_ = State::kClosing;
    while (!waiters_.empty()) {  // each ends with a commit, a failure or its deadline
        static_cast<void>(co_await waiters_.wait(timeline->newest()->end_offset(), deadline_after(0)));
    }
    co_await tasks_.stop();
    co_await leave_the_stack(environment_.executor);
    auto closed = co_await log_->close();
    co_await leave_the_stack(environment_.executor);
    if (failure) co_return fail(*failure);
    co_return closed;
}

Task<void> MetadataService::Impl::abandon() {
    state_ = State::kClosing;
    co_await tasks_.stop();
    co_await leave_the_stack(environment_.executor);
    if (log_) static_cast<void>(co_await log_->close());
    co_await leave_the_stack(environment_.executor);
}

}  // namespace moldau::metadata
