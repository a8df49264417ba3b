// One replica's rules: the high watermark is the log's committed end.

#include "replica/partition.h"

#include <algorithm>
#include <utility>

namespace moldau::replica {

namespace {

Offset end_for(const Bounds& bounds, Isolation isolation) {
    return isolation == Isolation::kReadCommitted ? bounds.last_stable_offset : bounds.high_watermark;
}

}  // namespace

Partition::Partition(io::Executor& executor, log::Log& log, LeaderEpoch epoch)
    : executor_(executor), log_(log), epoch_(epoch), high_watermark_(log.committed_end()), idle_(executor) {
    log_.high_watermark_moved(high_watermark_);
    last_stable_offset_ = log_.last_stable_offset(high_watermark_);
    log_.on_progress([this] { progressed(); });
}

Partition::~Partition() { CHECK(stopped_ && operations_ == 0); }

Task<Result<log::AppendedRange>> Partition::append(wire::ValidatedBatch batch, Acks acks, MonoTime deadline) {
    if (stopped_) co_return fail(Errc::kNotLeaderOrFollower);
    auto range = log_.append(std::move(batch), epoch_, executor_.now());
    if (!range || acks == Acks::kNone || range->end <= high_watermark_) co_return range;
    const Operation operation{*this};
    auto held = co_await completion<Result<void>>([&](auto done) { acks_.push(range->end, deadline, std::move(done)); });
    if (!held) co_return fail(std::move(held).error());
    co_return range;
}

Result<void> Partition::check_epoch(LeaderEpoch epoch) const {
    if (stopped_) return fail(Errc::kNotLeaderOrFollower);
    if (epoch == kNoLeaderEpoch || epoch == epoch_) return {};
    return fail(epoch < epoch_ ? Errc::kFencedLeaderEpoch : Errc::kUnknownLeaderEpoch);
}

log::ReadOptions Partition::read_options(const FetchOptions& options) const {
    using Aborted = log::ReadOptions::Aborted;
    return {.from = options.from,
            .end = end_for(bounds(), options.isolation),
            .bytes_max = options.bytes_max,
            .first_batch = options.first_batch,
            .aborted = options.isolation == Isolation::kReadCommitted ? Aborted::kListed : Aborted::kIgnored,
            .form = options.form};
}

std::optional<Result<Fetched>> Partition::fetch_now(const FetchOptions& options) const {
    if (auto valid = check_epoch(options.current_leader_epoch); !valid) return fail(std::move(valid).error());
    const auto now = bounds();
    if (options.from < now.log_start_offset || options.from > now.high_watermark) return fail(Errc::kOffsetOutOfRange);
    const auto read = read_options(options);
    if (options.from >= read.end) return Fetched{{}, now};
    auto range = log_.read_now(read);
    if (!range) return std::nullopt;
    if (!*range) return fail(std::move(*range).error());
    return Fetched{std::move((*range)->batches), now, std::move((*range)->aborted)};
}

Task<Result<Fetched>> Partition::fetch(FetchOptions options) {
    if (auto now = fetch_now(options)) co_return *std::move(now);
    const Operation operation{*this};
    // Taken before the read: who waits for more watches from here, and must not miss what moved meanwhile.
    const auto now = bounds();
    auto range = co_await log_.read(read_options(options));
    if (!range) co_return fail(std::move(range).error());
    co_return Fetched{std::move(range->batches), now, std::move(range->aborted)};
}

Bounds Partition::bounds() const {
    const Offset start = log_.log_start_offset();
    return {high_watermark_, std::max(last_stable_offset_, std::min(start, high_watermark_)), start};
}

std::optional<Partition::Watch> Partition::watch(const Bounds& known, Watcher watcher) {
    if (stopped_ || end_for(bounds(), watcher.isolation) != end_for(known, watcher.isolation)) {
        watcher.callback();
        return std::nullopt;
    }
    return watches_.insert(watches_.end(), std::move(watcher));
}

void Partition::progressed() {
    if (stopped_) return;
    if (const auto& failure = log_.failure()) {
        acks_.fail_all(*failure);
        return call_watches();
    }
    // What was shown stays shown, also when the topic now asks for more before a record counts; only a cut takes back.
    const auto shown = std::min(high_watermark_, log_.end_offset());
    if (const auto end = std::max(log_.committed_end(), shown); end != high_watermark_) follow(end);
    // Nobody should wait for space: what was appended may count later, as after a time-out.
    if (const auto full = log_.held_up()) acks_.fail_all(*full);
}

void Partition::follow(Offset end) {
    high_watermark_ = end;
    log_.high_watermark_moved(end);
    const Offset stable_before = std::exchange(last_stable_offset_, log_.last_stable_offset(end));
    acks_.release(end);
    call_watches(stable_before == last_stable_offset_ ? std::optional{Isolation::kReadUncommitted} : std::nullopt);
}

void Partition::call_watches(std::optional<Isolation> only) {
    std::list<Watcher> called;
    for (auto watch = watches_.begin(); watch != watches_.end();) {
        const auto next = std::next(watch);
        if (!only || watch->isolation == *only) called.splice(called.end(), watches_, watch);
        watch = next;
    }
    for (auto& watcher : called) watcher.callback();
}

void Partition::tick(Now now) { acks_.expire(now.mono); }

Task<void> Partition::stop() {
    if (!std::exchange(stopped_, true)) {
        log_.on_progress([] {});
        acks_.fail_all(Error{Errc::kNotLeaderOrFollower, {}});
        call_watches();
    }
    while (operations_ > 0) co_await idle_.wait();
}

}  // namespace moldau::replica
