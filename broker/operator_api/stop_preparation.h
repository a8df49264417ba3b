// Getting this broker ready to be stopped.
//
// The problem: a stop, and the start after it, take as long as there is work left in memory; and whoever orders a stop may
// die before he goes through with it. The idea: the broker syncs its logs while it goes on serving, says how far it is, and
// forgets the preparation a minute after it was last asked for. With several brokers the handing over of leadership and of
// groups comes before the syncing, here. Place: on the home core.

#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "base/task_group.h"
#include "handlers/shard.h"
#include "operator_api/answers.h"

namespace moldau::operator_api {

// Lifetime: stop() before destroying. Thread: the home core.
class StopPreparation {
public:
    explicit StopPreparation(handlers::Shard& home) : home_(home) {}

    // Begins, or goes on for another minute.
    void prepare();
    pb::StopProgress progress() const;
    Task<void> stop();

private:
    Task<void> sync_all();
    Task<Result<void>> sync_shard(handlers::Shard& shard);
    bool is_over() const;

    handlers::Shard& home_;
    pb::StopProgress::State state_ = pb::StopProgress::SERVING;
    MonoTime valid_until_{};
    std::int64_t total_ = 0;
    std::atomic<std::int64_t> left_ = 0;  // counted down by every core
    std::optional<Error> failure_;
    TaskGroup tasks_;
};

}  // namespace moldau::operator_api
