// Syncing every log, core by core.

#include "operator_api/stop_preparation.h"

#include <algorithm>
#include <vector>

#include "base/logger.h"

namespace moldau::operator_api {
namespace {

constexpr Millis kValid{60'000};

Task<std::int64_t> partitions_of(const handlers::Shard& shard) {
    co_return static_cast<std::int64_t>(shard.partitions->size());
}

}  // namespace

bool StopPreparation::is_over() const {
    return state_ != pb::StopProgress::SERVING && home_.executor.now().mono >= valid_until_;
}

void StopPreparation::prepare() {
    const bool is_new = state_ == pb::StopProgress::SERVING || (state_ == pb::StopProgress::PREPARED && is_over()) ||
                        (state_ == pb::StopProgress::PREPARED && failure_);
    valid_until_ = home_.executor.now().mono + kValid;
    if (!is_new) return;
    state_ = pb::StopProgress::PREPARING;
    failure_.reset();
    LOG_INFO("operator_api", "preparing to stop node={}", home_.node.id.value);
    tasks_.start(sync_all());
}

pb::StopProgress StopPreparation::progress() const {
    pb::StopProgress progress;
    progress.set_broker_id(home_.node.id.value);
    const auto* self = home_.image->find_broker(home_.node.id);
    progress.set_broker_epoch(self != nullptr ? self->epoch : -1);
    if (is_over()) {
        progress.set_state(pb::StopProgress::SERVING);
        return progress;
    }
    progress.set_state(state_);
    progress.set_partitions_total(total_);
    progress.set_partitions_left(std::max<std::int64_t>(left_.load(), 0));
    if (state_ != pb::StopProgress::SERVING) {
        const auto valid = std::chrono::duration_cast<Millis>(valid_until_ - home_.executor.now().mono);
        progress.set_valid_for_ms(valid.count());
    }
    if (failure_) {
        add_reason(*progress.mutable_reasons(), pb::SEVERITY_WARNING,
                   {"SYNC_FAILED", "a log could not be synced, the next start recovers it: " + failure_->to_string()});
    }
    return progress;
}

Task<void> StopPreparation::stop() { return tasks_.stop(); }

Task<void> StopPreparation::sync_all() {
    total_ = 0;
    for (auto* shard : home_.node.shards) {
        total_ += co_await handlers::on_shard(home_, *shard, [shard] { return partitions_of(*shard); });
    }
    left_ = total_;
    for (auto* shard : home_.node.shards) {
        if (tasks_.stopping()) break;
        const auto synced = co_await handlers::on_shard(home_, *shard, [this, shard] { return sync_shard(*shard); });
        if (!synced && !failure_) failure_ = synced.error();
    }
    left_ = 0;
    state_ = pb::StopProgress::PREPARED;
}

// A partition whose log failed does not keep the others from being synced. On the shard's core.
Task<Result<void>> StopPreparation::sync_shard(handlers::Shard& shard) {
    std::vector<handlers::PartitionKey> keys;
    shard.partitions->for_each([&](const handlers::PartitionKey& key, const auto&) { keys.push_back(key); });
    Result<void> all;
    for (const auto& key : keys) {
        if (const auto local = shard.partitions->find(key)) {
            auto synced = co_await (*local)->partition->log().flush();
            if (!synced && all) all = std::move(synced);
        }
        --left_;
    }
    co_return all;
}

}  // namespace moldau::operator_api
