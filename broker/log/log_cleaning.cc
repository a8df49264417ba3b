// Deleting expired segments and exchanging compacted ones; what is to be deleted or exchanged is decided in `store`.

#include <utility>

#include "log/log_impl.h"
#include "log/segment_swap.h"
#include "producers/producer_snapshot.h"

namespace moldau::log {

Task<Result<void>> Log::Impl::remove_segment(SegmentRef segment) {
    segment->release_file();
    co_return co_await remove_files({environment_.files, identity_.dir}, std::move(segment));
}

// The segments are no longer in the list, but reads may still use them.
Task<Result<void>> Log::Impl::drop_segment(SegmentRef segment) {
    if (config_.file_delete_delay <= Millis{0}) co_return co_await remove_segment(std::move(segment));
    segment->release_file();
    MOLDAU_CO_TRY(co_await mark_deleted({environment_.files, identity_.dir}, segment));
    tasks_.start(remove_later({segment}, environment_.executor.now().mono + config_.file_delete_delay));
    co_return Result<void>{};
}

// What a stop leaves goes at the next start.
Task<void> Log::Impl::remove_later(std::vector<SegmentRef> gone, MonoTime when) {
    while (!tasks_.stopping() && environment_.executor.now().mono < when) co_await deletions_.wait_until(when);
    if (tasks_.stopping()) co_return;
    for (const auto& segment : gone) {
        segment->release_file();
        // An error leaves a file that the next start removes.
        static_cast<void>(co_await remove_files({environment_.files, identity_.dir}, segment));
    }
}

Task<Result<void>> Log::Impl::advance_start(Offset offset) {
    if (offset > end_offset())
        co_return fail(Errc::kOffsetOutOfRange, identity_.dir + ": start at " + std::to_string(offset.value));
    if (phase_ != Phase::kOpen) co_return fail(Errc::kBusy, identity_.dir + " is being cut or closed");
    if (offset <= log_start_) co_return Result<void>{};
    log_start_ = offset;
    if (epochs_.advance_start(offset)) epochs_dirty_ = true;
    while (segments_.count() > 1 && segments_.front()->end_offset() <= log_start_) {
        const SegmentRef gone = segments_.front();
        MOLDAU_CO_TRY(co_await writer_.wait_synced(gone->end_offset()));
        while (exchanging_) co_await saved_.wait();
        if (phase_ != Phase::kOpen) co_return fail(Errc::kBusy, identity_.dir + " is being cut or closed");
        if (segments_.front() != gone) continue;
        if (!states_outlive(*gone)) {
            MOLDAU_CO_TRY(co_await save_states());
            continue;
        }
        ++generation_;
        segments_.pop_front();
        MOLDAU_CO_TRY(co_await drop_segment(gone));
        // Each for itself: a power loss must not bring one back and not its neighbour, which would leave a hole.
        MOLDAU_CO_TRY(co_await io::sync_dir(environment_.files, identity_.dir));
    }
    MOLDAU_CO_TRY(co_await remove_snapshots(Offset{0}, segments_.front()->base_offset()));
    co_return Result<void>{};
}

// Can producers be known without the batches of `gone`, the first segment? A snapshot that a roll began may not be there
// yet.
bool Log::Impl::states_outlive(const Segment& gone) const {
    return producers_.empty() || snapshot_offset_ >= gone.end_offset();
}

Task<Result<void>> Log::Impl::save_states() {
    const Offset end = end_offset();
    bytes::View content = producers::encode_producer_snapshot(producers_.entries());
    MOLDAU_CO_TRY(co_await writer_.wait_synced(end));
    MOLDAU_CO_TRY(co_await save_epochs());
    MOLDAU_CO_TRY(co_await save_aborted());
    if (phase_ != Phase::kOpen) co_return fail(Errc::kBusy, identity_.dir + " is being cut or closed");
    co_return co_await save_snapshot(end, std::move(content));
}

Result<void> Log::Impl::may_replace(const std::vector<SegmentRef>& old) const {
    if (phase_ != Phase::kOpen || exchanging_) return fail(Errc::kBusy, identity_.dir + " is being changed");
    if (writer_.failure()) return fail(Errc::kKafkaStorageError, identity_.dir + " is read-only");
    const bool settled = old.back() != segments_.active() && old.back()->end_offset() <= writer_.recovery_point();
    if (!segments_.contains_run(old) || !settled) return fail(Errc::kBusy, identity_.dir + " has changed meanwhile");
    return {};
}

Task<Result<void>> Log::Impl::replace_segments(std::vector<SegmentRef> old, SegmentRef fresh) {
    const SegmentFolder folder{environment_.files, identity_.dir};
    if (auto may = may_replace(old); !may) {
        co_await discard_cleaned(folder, fresh->base_offset());
        co_return may;
    }
    exchanging_ = true;
    auto done = co_await exchange(folder, std::move(old), std::move(fresh));
    exchanging_ = false;
    saved_.notify_all();
    co_return done;
}

Task<Result<void>> Log::Impl::exchange(SegmentFolder folder, std::vector<SegmentRef> old, SegmentRef fresh) {
    if (auto prepared = co_await prepare_swap(folder, fresh); !prepared) {
        co_await discard_cleaned(folder, fresh->base_offset());
        co_return prepared;
    }
    auto announced = co_await announce_swap(folder, fresh);
    if (!announced) {
        // Whether it counts is not known: the files are left to the next start, and until then nothing may rely on them.
        writer_.fail_with(announced.error());
        co_return announced;
    }
    MOLDAU_CO_TRY(co_await fresh->file(environment_.files));
    fresh->pin_file();
    ++generation_;
    reader_.forget_places();
    segments_.replace_run(old, fresh);
    hot_.evict(0, fresh->end_offset());
    auto completed = co_await complete_swap(folder, fresh, old);
    fresh->unpin_file();
    if (!completed) {
        writer_.fail_with(completed.error());
        co_return completed;
    }
    const auto when = environment_.executor.now().mono + config_.file_delete_delay;
    tasks_.start(remove_later(std::move(old), when));
    co_return Result<void>{};
}

}  // namespace moldau::log
