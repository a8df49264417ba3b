// One replica's rules: the high watermark is the log's committed end, and there are no open transactions.

#include "replica/partition.h"

#include <utility>

namespace moldau::replica {

Partition::Partition(io::Executor& executor, log::Log& log, LeaderEpoch epoch)
    : executor_(executor), log_(log), epoch_(epoch), high_watermark_(log.committed_end()), idle_(executor) {
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

Offset Partition::read_end(Isolation isolation) const {
    const auto now = bounds();
    return isolation == Isolation::kReadCommitted ? now.last_stable_offset : now.high_watermark;
}

std::optional<Result<Fetched>> Partition::fetch_now(const FetchOptions& options) const {
    if (auto valid = check_epoch(options.current_leader_epoch); !valid) return fail(std::move(valid).error());
    const auto end = read_end(options.isolation);
    const auto now = bounds();
    if (options.from < now.log_start_offset || options.from > now.high_watermark) return fail(Errc::kOffsetOutOfRange);
    if (options.from >= end) return Fetched{{}, now};
    auto range = log_.read_hot({options.from, end, options.bytes_max, options.first_batch});
    if (!range) return std::nullopt;
    if (!*range) return fail(std::move(*range).error());
    return Fetched{std::move((*range)->batches), now};
}

Task<Result<Fetched>> Partition::fetch(FetchOptions options) {
    if (auto now = fetch_now(options)) co_return *std::move(now);
    const Operation operation{*this};
    // Taken before the read: who waits for more watches from here, and must not miss what moved meanwhile.
    const auto now = bounds();
    auto range = co_await log_.read({options.from, read_end(options.isolation), options.bytes_max, options.first_batch});
    if (!range) co_return fail(std::move(range).error());
    co_return Fetched{std::move(range->batches), now};
}

Bounds Partition::bounds() const { return {high_watermark_, high_watermark_, log_.log_start_offset()}; }

std::optional<Partition::Watch> Partition::watch(Offset known, std::move_only_function<void()> callback) {
    if (stopped_ || high_watermark_ != known) {
        callback();
        return std::nullopt;
    }
    return watches_.insert(watches_.end(), std::move(callback));
}

void Partition::progressed() {
    if (stopped_) return;
    if (const auto& failure = log_.failure()) {
        acks_.fail_all(*failure);
        return call_watches();
    }
    const auto end = log_.committed_end();
    if (end == high_watermark_) return;
    high_watermark_ = end;
    acks_.release(end);
    call_watches();
}

void Partition::call_watches() {
    for (auto& callback : std::exchange(watches_, {})) callback();
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
