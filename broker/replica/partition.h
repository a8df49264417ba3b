// The leader's side of one partition: who may append, when an append counts, how far consumers may read.
//
// The problem: a log knows what is written and durable here; producers and consumers care for what can no longer be lost.
// The idea: the high watermark follows the log's committed end (with followers: the least of theirs); acknowledgements and
// long polls hang on it. Place: one per partition and core, made from the metadata image by `handlers::PartitionTable`;
// wraps a `log::Log`.

#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "io/executor.h"
#include "io/wait_list.h"
#include "log/log.h"
#include "replica/ack_queue.h"

namespace moldau::replica {

enum class Acks : std::int8_t { kAll = -1, kNone = 0, kLeader = 1 };
enum class Isolation : std::int8_t { kReadUncommitted = 0, kReadCommitted = 1 };

struct Bounds {
    Offset high_watermark;
    Offset last_stable_offset;
    Offset log_start_offset;
};

struct FetchOptions {
    Offset from;
    LeaderEpoch current_leader_epoch = kNoLeaderEpoch;  // the client's; kNoLeaderEpoch: not checked
    Isolation isolation = Isolation::kReadUncommitted;
    std::size_t bytes_max = 1 << 20;
    log::ReadOptions::FirstBatch first_batch = log::ReadOptions::FirstBatch::kOnlyIfItFits;
    log::ReadOptions::Form form = log::ReadOptions::Form::kMemory;
};

struct Fetched {
    bytes::ChunkList batches;
    Bounds bounds;
    std::vector<log::AbortedTransaction> aborted = {};  // for kReadCommitted: all that have records among the batches
};

// Lifetime: no longer than its log; stop() before destroying. Thread: the partition's core.
// Invariant: log_start_offset <= last_stable_offset <= high_watermark <= end_offset.
class Partition {
    // Counts a call that may suspend.
    struct Operation {
        explicit Operation(Partition& owner) : partition(owner) { ++partition.operations_; }
        ~Operation() {
            if (--partition.operations_ == 0) partition.idle_.notify_all();
        }
        Operation(const Operation&) = delete;
        Operation& operator=(const Operation&) = delete;
        Partition& partition;
    };

public:
    Partition(io::Executor& executor, log::Log& log, LeaderEpoch epoch);
    ~Partition();
    Partition(const Partition&) = delete;
    Partition& operator=(const Partition&) = delete;

    // Appends at once, in the order of calls, before it first suspends. Resolves when `acks` holds: kNone at once, kLeader
    // and kAll when no death of this process (`replicated`) or loss of power (`synced`) can take it back. The offsets of a
    // duplicate are those of its first time. Errors: those of Log::append; kRequestTimedOut after `deadline`, kDiskFull
    // while the log waits for space (with either the records may still count later).
    Task<Result<log::AppendedRange>> append(wire::ValidatedBatch batch, Acks acks, MonoTime deadline);

    // Batches from `options.from` up to the high watermark or last stable offset. Errors: kOffsetOutOfRange,
    // kFencedLeaderEpoch, kUnknownLeaderEpoch, those of Log::read.
    Task<Result<Fetched>> fetch(FetchOptions options);
    // The same without waiting, nullopt when files must be read.
    std::optional<Result<Fetched>> fetch_now(const FetchOptions& options) const;

    // Awaits `work()`, a Task that uses this partition or its log, so that stop() waits for it.
    template <class Work>
    auto guarded(Work work) -> decltype(work()) {
        const Operation operation{*this};
        co_return co_await work();
    }

    Bounds bounds() const;
    LeaderEpoch leader_epoch() const { return epoch_; }
    // Is `epoch`, a client's idea of the current one, right? Errors: kFencedLeaderEpoch, kUnknownLeaderEpoch.
    Result<void> check_epoch(LeaderEpoch epoch) const;

    // Calls `callback` once the end of what `isolation` may read (high watermark, last stable offset) differs from `known`
    // or the partition stops; at once if it does. Until then it can be taken back.
    struct Watcher {
        Isolation isolation;
        std::move_only_function<void()> callback;
    };
    using Watch = std::list<Watcher>::iterator;
    std::optional<Watch> watch(const Bounds& known, Watcher watcher);
    void unwatch(Watch watch) { watches_.erase(watch); }

    log::Log& log() { return log_; }
    const log::Log& log() const { return log_; }
    void tick(Now now);
    // Answers all who wait with kNotLeaderOrFollower: deleted, or the broker stops. Resolves when no call is under way any
    // more, so that log and partition can go.
    Task<void> stop();
    bool is_stopped() const { return stopped_; }

private:
    void progressed();
    void follow(Offset end);
    log::ReadOptions read_options(const FetchOptions& options) const;
    void call_watches(std::optional<Isolation> only = std::nullopt);

    io::Executor& executor_;
    log::Log& log_;
    LeaderEpoch epoch_;
    Offset high_watermark_;
    Offset last_stable_offset_;  // moves with the high watermark only: what is appended lies beyond
    AckQueue acks_;
    std::list<Watcher> watches_;
    bool stopped_ = false;
    std::size_t operations_ = 0;
    io::WaitList idle_;
};

}  // namespace moldau::replica
