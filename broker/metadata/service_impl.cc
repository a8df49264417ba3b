// Proposals, commits, failures.

#include "metadata/service_impl.h"

#include <algorithm>

#include "base/check.h"
#include "base/logger.h"
#include "metadata/topic_name.h"

namespace moldau::metadata {
namespace {

constexpr Millis kCommitWaitMin{1000};

}  // namespace

MetadataService::Impl::Impl(MetadataEnvironment environment, MetadataOptions with)
    : options(std::move(with)),
      environment_(environment),
      dir_(options.dir + "/" + std::string{kClusterMetadataTopic} + "-0"),
      self_{options.node_id, options.directory_id},
      waiters_(environment.executor) {
    controller.emplace(options.controller, [&random = environment_.random] { return TopicId{random.next_uuid()}; });
}

// Clients send 0 to say "do not wait"; a change that is decided is waited for nonetheless, it is a matter of milliseconds.
MonoTime MetadataService::Impl::deadline_after(std::int32_t timeout_ms) const {
    return environment_.executor.now().mono + std::max(Millis{timeout_ms}, kCommitWaitMin);
}

Result<void> MetadataService::Impl::check_open() const {
    if (failure) return fail(*failure);
    if (state_ == State::kClosing) return fail(Errc::kClosed, "the broker is stopping");
    if (waiters_.size() >= options.proposals_max) {
        return fail(Errc::kBusy, std::to_string(waiters_.size()) + " changes of the metadata wait for the disk");
    }
    return {};
}

Task<Result<void>> MetadataService::Impl::commit(std::vector<AnyRecord> records, MonoTime deadline) {
    MOLDAU_CO_TRY(check_open());
    Offset end = (*timeline).newest()->end_offset();
    if (!records.empty()) {
        MOLDAU_CO_TRY_ASSIGN(appended, append(records));
        end = appended;
    }
    if (published->end_offset() >= end) co_return Result<void>{};
    co_return co_await waiters_.wait(end, deadline);
}

Result<Offset> MetadataService::Impl::append(std::span<const AnyRecord> records) {
    if (node_->role() != raft::Role::kLeader) return fail(Errc::kNotController, "this broker does not lead the metadata");
    const Now now = environment_.executor.now();
    const raft::Term term = node_->term();
    MOLDAU_TRY_ASSIGN(batch, data_batch(records, {node_->ledger().end(), term, now.wall}));
    auto range = log_->append(as_validated(batch), term, now);
    if (!range) {
        if (log_->failure()) fail_storage(*log_->failure());
        return fail(range.error());
    }
    const raft::Ready ready = node_->step(raft::Propose{static_cast<std::int32_t>(records.size())});
    CHECK(ready.append.size() == 1 && ready.append.front().base == range->base && ready.append.front().end() == range->end);

    ImageBuilder builder{*timeline->newest()};
    Offset at = range->base;
    for (const auto& record : records) {
        CHECK(builder.apply(record, at).has_value());
        at = at + 1;
    }
    timeline->stage(builder.build(range->end, term));
    ++counters.proposals;
    counters.records += records.size();
    bytes_since_snapshot_ += static_cast<std::int64_t>(batch.size());
    records_since_snapshot_ += static_cast<std::int64_t>(records.size());
    last_time_ = now.wall;
    return range->end;
}

void MetadataService::Impl::append_leader_change(const raft::Entry& entry) {
    const Now now = environment_.executor.now();
    const LeaderChange change{self_, node_->voters(), node_->granting_voters()};
    const auto batch = leader_change_batch(change, {entry.base, entry.term, now.wall});
    auto range = log_->append(as_validated(batch), entry.term, now);
    if (!range) return fail_storage(range.error());
    CHECK(range->base == entry.base && range->end == entry.end());
    ImageBuilder builder{*timeline->newest()};
    builder.set_controller(self_.node);
    timeline->stage(builder.build(entry.end(), entry.term));
    last_time_ = now.wall;
}

void MetadataService::Impl::on_log_progress() {
    if (failure) return;
    if (log_->failure()) return fail_storage(*log_->failure());
    const raft::Ready ready = node_->step(raft::Stored{log_->durable_end()});
    if (!ready.committed) return;
    ++counters.commits;
    timeline->commit(*ready.committed);
    if (publishing_ == Activity::kIdle) tasks_.start(publish());
}

// Once the disk has failed nobody knows what of the uncommitted is on it; it is not, as far as this process is concerned.
void MetadataService::Impl::fail_storage(Error error) {
    if (failure) return;
    LOG_ERROR("metadata", "the metadata log failed, nothing can be changed until the broker starts anew: error=\"{}\"",
              error.to_string());
    failure = Error{Errc::kKafkaStorageError, "the metadata log failed: " + error.to_string()};
    node_->step(raft::StorageFailed{});
    counters.rolled_back += timeline->staged();
    timeline->roll_back();
    waiters_.fail_after(node_->committed(), *failure);
}

Task<void> MetadataService::Impl::publish() {
    publishing_ = Activity::kRunning;
    while (published != timeline->committed()) {
        ImageRef next = timeline->committed();
        if (image_callback) co_await image_callback(published, next);
        published = std::move(next);
        waiters_.published(published->end_offset());
        snapshot_when_due();
    }
    publishing_ = Activity::kIdle;
}

}  // namespace moldau::metadata
