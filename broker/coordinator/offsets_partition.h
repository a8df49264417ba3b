// The shell around one `group::Shard`: gives it a log, a timer and requests.
//
// The problem: the coordinator is a pure state machine, its records must be in `__consumer_offsets` before some answers go
// out. The idea: whatever the machine outputs is carried out here: writes become batches of the partition, in their order,
// and their commit is told back; replies wake the handlers that wait for their token; the deadline is one timer. Place: one
// per led partition of `__consumer_offsets`, on the partition's core, owned by `CoordinatorShard`.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/result.h"
#include "base/task.h"
#include "base/task_group.h"
#include "bytes/codec.h"
#include "group/shard.h"
#include "io/executor.h"
#include "replica/partition.h"
#include "wire/produce_validation.h"

namespace moldau::coordinator {

// Lifetime: start() .. stop(). Thread: the partition's core. Invariant: every request gets exactly one answer.
class OffsetsPartition {
public:
    struct Environment {
        io::Executor& executor;
        replica::Partition& partition;
        wire::ProduceValidator& validator;
        TopicPartition name;
    };
    OffsetsPartition(Environment environment, group::ShardOptions options);
    ~OffsetsPartition();

    // Replays the log in the background; until it is done requests are answered with COORDINATOR_LOAD_IN_PROGRESS.
    void start();
    // Answers all who wait with NOT_COORDINATOR. Resolves when nothing runs any more.
    Task<void> stop();

    // `ask(shard, token)` hands the request to the machine; resolves with its answer.
    using Ask = std::function<group::Outputs(group::Shard&, group::RequestToken)>;
    Task<group::Response> request(Ask ask);

    group::Shard& shard() { return shard_; }
    Now now() const { return environment_.executor.now(); }
    void topic_deleted(const std::string& topic);

private:
    Task<void> load();
    void carry_out(group::Outputs outputs);
    Task<void> append(group::Write write);
    Result<wire::ValidatedBatch> batch_of(const group::Write& write);
    void set_timer(std::optional<MonoTime> deadline);

    Environment environment_;
    group::Shard shard_;
    bytes::Codecs codecs_;
    std::unordered_map<std::uint64_t, std::move_only_function<void(group::Response)>> waiting_;
    std::uint64_t last_token_ = 0;
    io::TimerId timer_;
    TaskGroup tasks_;
};

}  // namespace moldau::coordinator
