// Reading in passes, watching and waiting.

#include "handlers/fetch_run.h"

#include <algorithm>
#include <utility>

namespace moldau::handlers {

namespace {

// An answer from memory that is not larger needs no grant: it shares the hot tails' bytes. What stays in files needs none.
constexpr std::size_t kUngrantedBytesMax = 1 << 20;

}  // namespace

FetchRun::FetchRun(Shard& home, server::RequestContext& context, FetchLimits limits, std::vector<FetchPart> parts)
    : home_(home),
      context_(context),
      limits_(limits),
      parts_(std::move(parts)),
      bell_(std::make_shared<Bell>(home.executor)) {
    for (auto& part : parts_) {
        if (part.error) {
            // Known before looking: it rides along in the answer, which the others may still wait for, as in Kafka.
            part.state = FetchPart::State::kSettled;
        } else if (std::ranges::find(owners_, part.owner) == owners_.end()) {
            owners_.push_back(part.owner);
        }
    }
}

Task<void> FetchRun::run() {
    co_await read_all();
    while (!is_enough()) {
        co_await wait();
        if (!bell_->rung) co_return;  // the time is over and nothing is new
        co_await read_all();
    }
}

bool FetchRun::is_enough() const {
    return bytes_ >= limits_.bytes_min || has_error_ || owners_.empty() || context_.aborted.fired() ||
           home_.executor.now().mono >= limits_.deadline;
}

Task<void> FetchRun::on_each_owner(Task<void> (FetchRun::*step)(Shard&)) {
    for (auto* owner : owners_) {
        if (owner == &home_) {
            co_await (this->*step)(*owner);
        } else {
            co_await on_shard(home_, *owner, [this, owner, step] { return (this->*step)(*owner); });
        }
    }
}

Task<void> FetchRun::read_all() {
    // After a wait also those that brought too little: the rest of theirs may have come since.
    forget();
    needs_disk_ = false;
    co_await on_each_owner(&FetchRun::read_memory);
    const bool is_granted = context_.answer_memory.bytes() > 0;
    const bool is_large = memory_bytes_ > kUngrantedBytesMax && !is_granted;
    if (!needs_disk_ && !is_large) co_return;
    const std::size_t found = memory_bytes_;
    // Who waits must not keep batches in memory that the hot tails have let go of.
    if (is_large) forget();
    if (!is_granted) context_.answer_memory = co_await home_.answer_memory.acquire(needs_disk_ ? disk_bytes() : found);
    co_await on_each_owner(&FetchRun::read_disk);
}

void FetchRun::forget() {
    for (auto& part : parts_) {
        if (part.error || part.diverging) continue;
        bytes_ -= part.fetched.batches.size();
        memory_bytes_ -= part.fetched.batches.memory_bytes();
        part.fetched.batches.clear();
        part.state = FetchPart::State::kUnread;
    }
}

// The most that the parts still unread can bring.
std::size_t FetchRun::disk_bytes() const {
    std::size_t bytes = 0;
    for (const auto& part : parts_) {
        if (part.state == FetchPart::State::kUnread) bytes += part.target.bytes_max;
    }
    return std::min(bytes, limits_.bytes_max);
}

Task<void> FetchRun::read_on(Shard& owner, Pass pass) {
    for (auto& part : parts_) {
        if (part.owner != &owner || part.state != FetchPart::State::kUnread) continue;
        if (pass == Pass::kMemoryOnly && needs_disk_) co_return;
        co_await read_part(owner, part, pass);
    }
}

replica::FetchOptions FetchRun::options_of(const FetchPart& part) const {
    using FirstBatch = log::ReadOptions::FirstBatch;
    using Form = log::ReadOptions::Form;
    const auto left = bytes_ < limits_.bytes_max ? limits_.bytes_max - bytes_ : 0;
    return {part.target.from,
            part.target.current_leader_epoch,
            limits_.isolation,
            std::min(part.target.bytes_max, left),
            bytes_ == 0 ? FirstBatch::kAlways : FirstBatch::kOnlyIfItFits,
            context_.sends_files ? Form::kMemoryOrFile : Form::kMemory};
}

Task<void> FetchRun::read_part(Shard& owner, FetchPart& part, Pass pass) {
    const auto local = owner.partitions->find(part.key);
    if (!local) co_return settle(part, fail(local.error()));
    auto& partition = *(*local)->partition;
    const auto options = options_of(part);
    if (auto valid = partition.check_epoch(options.current_leader_epoch); !valid)
        co_return settle(part, fail(std::move(valid).error()));
    if (auto diverges = find_divergence(part, partition); !diverges) {
        co_return settle(part, fail(std::move(diverges).error()));
    } else if (*diverges) {
        co_return settle(part, replica::Fetched{{}, partition.bounds()});
    }
    if (auto now = partition.fetch_now(options)) co_return settle(part, *std::move(now));
    if (pass == Pass::kMemoryOnly) {
        needs_disk_ = true;
        co_return;
    }
    settle(part, co_await partition.fetch(options));
}

// Errors: kOffsetOutOfRange when the client's epoch is older than all that are known here.
Result<bool> FetchRun::find_divergence(FetchPart& part, const replica::Partition& partition) {
    const auto asked = part.target.last_fetched_epoch;
    if (asked == kNoLeaderEpoch) return false;
    const auto end = partition.log().end_of_epoch(asked);
    if (end.epoch == kNoLeaderEpoch) return fail(Errc::kOffsetOutOfRange);
    if (end.epoch == asked && end.end >= part.target.from) return false;
    part.diverging = end;
    return true;
}

void FetchRun::settle(FetchPart& part, Result<replica::Fetched> fetched) {
    part.state = FetchPart::State::kSettled;
    if (!fetched) {
        part.error = std::move(fetched).error();
        has_error_ = true;
        return;
    }
    part.fetched = *std::move(fetched);
    bytes_ += part.fetched.batches.size();
    memory_bytes_ += part.fetched.batches.memory_bytes();
    if (part.diverging) has_error_ = true;
}

Task<void> FetchRun::wait() {
    bell_->rung = false;
    const auto subscription = context_.aborted.subscribe([bell = bell_] { bell->ring(); });
    co_await on_each_owner(&FetchRun::watch_on);
    if (!bell_->rung) co_await bell_->waiting.wait_until(limits_.deadline);
    co_await on_each_owner(&FetchRun::unwatch_on);
    if (subscription) context_.aborted.unsubscribe(*subscription);
}

Task<void> FetchRun::watch_on(Shard& owner) {
    for (auto& part : parts_) {
        if (part.owner != &owner || part.error) continue;
        auto local = owner.partitions->find(part.key);
        if (!local) {
            home_.executor.post([bell = bell_] { bell->ring(); });
            co_return;
        }
        part.watched = *local;
        auto ring = [&part, bell = bell_, home = &home_.executor] {
            part.watch.reset();
            home->post([bell] { bell->ring(); });
        };
        part.watch = part.watched->partition->watch(part.fetched.bounds, {limits_.isolation, std::move(ring)});
    }
}

Task<void> FetchRun::unwatch_on(Shard& owner) {
    for (auto& part : parts_) {
        if (part.owner != &owner || !part.watched) continue;
        if (part.watch) part.watched->partition->unwatch(*part.watch);
        part.watch.reset();
        part.watched.reset();
    }
    co_return;
}

}  // namespace moldau::handlers
