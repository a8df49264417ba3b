// The parts of `MetadataService`; only its own sources include this.
//
//   propose: decide on timeline.newest() -> batch -> log.append -> raft Propose -> stage the image -> wait
//   the log's progress -> raft Stored -> committed -> publish: on_image, then answers
//
// Everything happens on one core, so the steps before a wait are atomic.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/task_group.h"
#include "log/log.h"
#include "metadata/batches.h"
#include "metadata/commit_waiters.h"
#include "metadata/controller.h"
#include "metadata/image_builder.h"
#include "metadata/service.h"
#include "metadata/snapshot.h"
#include "metadata/timeline.h"
#include "raft/node.h"

namespace moldau::metadata {

// What opening found on the disk.
struct Restored {
    ImageRef image;                     // as of the log's end
    std::vector<SnapshotId> snapshots;  // whole ones, oldest first
    raft::LogState log;                 // from the newest snapshot on
    WallTime last_time{};
};

class MetadataService::Impl {
public:
    Impl(MetadataEnvironment environment, MetadataOptions options);

    // service_open.cc
    Task<Result<void>> open();

    // Appends the records as one batch, stages the image that they make and resolves when it is published. Without records
    // it resolves when everything staged so far is: an answer that rests on it may not come before. Errors: kBusy,
    // kRequestTimedOut, kClosed, and the failure of the disk.
    Task<Result<void>> commit(std::vector<AnyRecord> records, MonoTime deadline);
    MonoTime deadline_after(std::int32_t timeout_ms) const;

    // service_snapshot.cc
    Task<Result<void>> snapshot();
    Task<Result<void>> close();
    // Closes what a failed open() left.
    Task<void> abandon();

    ImageRef published;
    ImageCallback image_callback;
    std::optional<Error> failure;
    Counters counters;
    std::optional<Controller> controller;
    std::optional<Timeline> timeline;
    MetadataOptions options;

private:
    // service_open.cc
    Task<Result<Restored>> restore();
    Task<Result<void>> open_log(Offset snapshot_end);
    Task<Result<void>> replay(Restored& restored);
    Task<Result<void>> refuse_if_damaged();
    Task<Result<raft::HardState>> load_hard_state(const raft::LogState& log);
    Task<Result<void>> elect(Restored restored);
    Task<Result<void>> bootstrap();

    // service_impl.cc
    Result<void> check_open() const;
    Result<Offset> append(std::span<const AnyRecord> records);
    void append_leader_change(const raft::Entry& entry);
    void on_log_progress();
    void fail_storage(Error error);
    Task<void> publish();

    // service_snapshot.cc
    void snapshot_when_due();
    Task<Result<void>> write_next_snapshot();

    MetadataEnvironment environment_;
    std::string dir_;
    raft::VoterId self_;
    std::unique_ptr<log::Log> log_;
    std::optional<raft::Node> node_;
    CommitWaiters waiters_;
    TaskGroup tasks_;
    enum class Activity : std::uint8_t { kIdle, kRunning };
    Activity publishing_ = Activity::kIdle;
    Activity snapshotting_ = Activity::kIdle;
    enum class State : std::uint8_t { kOpening, kOpen, kClosing } state_ = State::kOpening;
    std::vector<SnapshotId> snapshots_;  // on the disk, oldest first
    std::int64_t bytes_since_snapshot_ = 0;
    std::int64_t records_since_snapshot_ = 0;
    WallTime last_time_{};
};

}  // namespace moldau::metadata
