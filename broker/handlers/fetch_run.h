// One fetch request being carried out over the partitions of all cores.
//
// The problem: the partitions of a request live on several cores, their bytes share one limit, some are in memory and some
// on disk, and often there is nothing yet. The idea: go through the cores one after the other and read in the client's
// order; as soon as one partition needs the disk, the rest waits for a second pass that may, so that what is in memory
// cannot starve what is not. If it is not enough, watch the partitions, sleep until one calls, and read again. Place:
// `handle_fetch` makes one per request and answers from its parts.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/task.h"
#include "handlers/fetch_sessions.h"
#include "handlers/shard.h"
#include "io/wait_list.h"
#include "server/request_context.h"

namespace moldau::handlers {

struct FetchLimits {
    std::size_t bytes_min = 1;
    std::size_t bytes_max = 0;
    MonoTime deadline;
    replica::Isolation isolation = replica::Isolation::kReadUncommitted;
};

// One partition of the request and what came of it.
struct FetchPart {
    FetchTarget target;
    PartitionKey key;
    Shard* owner = nullptr;  // null when `error` was known before looking
    std::optional<Error> error;
    replica::Fetched fetched;
    std::optional<log::EpochEnd> diverging;  // the client's last epoch ended elsewhere
    enum class State : std::uint8_t { kUnread, kSettled } state = State::kUnread;

    // While watched, on the owner's core only.
    std::shared_ptr<LocalPartition> watched;
    std::optional<replica::Partition::Watch> watch;
};

// Lifetime: one request's. Thread: starts and ends on `home`; in between on one core at a time.
class FetchRun {
public:
    FetchRun(Shard& home, server::RequestContext& context, FetchLimits limits, std::vector<FetchPart> parts);

    Task<void> run();
    std::vector<FetchPart>& parts() { return parts_; }

private:
    enum class Pass : std::uint8_t { kMemoryOnly, kMemoryAndDisk };
    // What a watched partition calls; outlives the run, as calls may be under way between cores.
    struct Bell {
        explicit Bell(io::Executor& executor) : waiting(executor) {}
        void ring() {
            rung = true;
            waiting.notify_all();
        }
        io::WaitList waiting;
        bool rung = false;
    };

    Task<void> read_all();
    void forget();
    Task<void> on_each_owner(Task<void> (FetchRun::*step)(Shard&));
    Task<void> read_memory(Shard& owner) { return read_on(owner, Pass::kMemoryOnly); }
    Task<void> read_disk(Shard& owner) { return read_on(owner, Pass::kMemoryAndDisk); }
    Task<void> read_on(Shard& owner, Pass pass);
    Task<void> read_part(Shard& owner, FetchPart& part, Pass pass);
    void settle(FetchPart& part, Result<replica::Fetched> fetched);
    static Result<bool> find_divergence(FetchPart& part, const replica::Partition& partition);
    replica::FetchOptions options_of(const FetchPart& part) const;
    std::size_t disk_bytes() const;
    bool is_enough() const;
    Task<void> wait();
    Task<void> watch_on(Shard& owner);
    Task<void> unwatch_on(Shard& owner);

    Shard& home_;
    server::RequestContext& context_;
    FetchLimits limits_;
    std::vector<FetchPart> parts_;
    std::vector<Shard*> owners_;
    std::shared_ptr<Bell> bell_;
    std::size_t bytes_ = 0;         // found
    std::size_t memory_bytes_ = 0;  // of those, what is in memory
    bool has_error_ = false;
    bool needs_disk_ = false;
};

}  // namespace moldau::handlers
