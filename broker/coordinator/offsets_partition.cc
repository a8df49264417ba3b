// Loading, carrying out and waking.

#include "coordinator/offsets_partition.h"

#include <utility>

#include "base/logger.h"
#include "coordinator/offsets_replay.h"
#include "wire/batch_builder.h"

namespace moldau::coordinator {
namespace {

constexpr std::size_t kLoadBytes = 4 << 20;
constexpr std::size_t kInflatedBytesMax = 256 << 20;

std::optional<bytes::Span> span_of(const std::optional<bytes::View>& view) {
    return view ? std::optional(view->span()) : std::nullopt;
}

}  // namespace

OffsetsPartition::OffsetsPartition(Environment environment, group::ShardOptions options)
    : environment_(std::move(environment)), shard_(std::move(options)) {}

OffsetsPartition::~OffsetsPartition() { CHECK(waiting_.empty()); }

void OffsetsPartition::start() { tasks_.start(load()); }

Task<void> OffsetsPartition::stop() {
    tasks_.request_stop();
    carry_out(shard_.stop());
    co_await tasks_.stop();
    set_timer(std::nullopt);  // last: an append that ends late may have set it
}

Task<void> OffsetsPartition::load() {
    auto& partition = environment_.partition;
    auto next = partition.bounds().log_start_offset;
    OffsetsReplay replay{shard_, codecs_.decompressor};
    while (!tasks_.stopping() && next < partition.bounds().high_watermark) {
        // Guarded: the partition and its log wait for it when they go.
        auto range = co_await partition.guarded([&] {
            return partition.log().read(
                {next, partition.bounds().high_watermark, kLoadBytes, log::ReadOptions::FirstBatch::kAlways});
        });
        if (tasks_.stopping()) co_return;
        auto replayed = range ? replay.replay(range->batches.flatten()) : Result<void>(fail(range.error()));
        if (!replayed) {
            // Serving groups whose offsets were lost would restart consumers anywhere: rather serve none.
            LOG_ERROR("coordinator", "cannot load groups partition={} offset={} error=\"{}\"", environment_.name.to_string(),
                      next.value, replayed.error().to_string());
            co_return;
        }
        if (range->end <= next) break;
        next = range->end;
    }
    if (tasks_.stopping()) co_return;
    if (replay.open_transactions() > 0) {
        LOG_WARNING("coordinator", "offsets of open transactions do not count partition={} transactions={}",
                    environment_.name.to_string(), replay.open_transactions());
    }
    carry_out(shard_.finish_load(now()));
    if (shard_.group_count() > 0) {
        LOG_INFO("coordinator", "loaded partition={} groups={}", environment_.name.to_string(), shard_.group_count());
    }
}

Task<group::Response> OffsetsPartition::request(Ask ask) {
    const group::RequestToken token{++last_token_};
    co_return co_await completion<group::Response>([&](auto done) {
        waiting_.emplace(token.value, std::move(done));
        carry_out(ask(shard_, token));
    });
}

void OffsetsPartition::topic_deleted(const std::string& topic) { carry_out(shard_.topic_deleted(topic, now())); }

void OffsetsPartition::carry_out(group::Outputs outputs) {
    set_timer(outputs.deadline);
    for (auto& write : outputs.writes) tasks_.start(append(std::move(write)));
    for (auto& reply : outputs.replies) {
        const auto found = waiting_.find(reply.token.value);
        CHECK(found != waiting_.end());
        auto done = std::move(found->second);
        waiting_.erase(found);
        done(std::move(reply.response));
    }
}

Task<void> OffsetsPartition::append(group::Write write) {
    auto batch = batch_of(write);
    Result<void> result;
    if (batch) {
        // No deadline: a record that is told to have failed and counts later would make the machine differ from its log. A
        // disk that fails ends the wait with an error.
        auto range = co_await environment_.partition.append(*std::move(batch), replica::Acks::kAll, MonoTime::max());
        if (!range) result = fail(range.error());
    } else {
        result = fail(batch.error());
    }
    carry_out(shard_.appended(write.id, std::move(result), now()));
}

Result<wire::ValidatedBatch> OffsetsPartition::batch_of(const group::Write& write) {
    const auto now_wall = now().wall;
    wire::BatchBuilder builder{{}};
    for (const auto& record : write.records) {
        builder.append({.timestamp = to_timestamp(now_wall), .key = record.key.span(), .value = span_of(record.value)});
    }
    MOLDAU_TRY_ASSIGN(bytes, builder.build_plain());
    auto batch = environment_.validator.validate_for_append(
        bytes, {.now = now_wall, .origin = wire::BatchOrigin::kCoordinator, .batch_bytes_max = kInflatedBytesMax});
    if (!batch) return fail(std::move(batch).error().error);
    return *std::move(batch);
}

void OffsetsPartition::set_timer(std::optional<MonoTime> deadline) {
    environment_.executor.cancel(timer_);
    timer_ = {};
    if (!deadline) return;
    timer_ = environment_.executor.schedule(*deadline, [this] {
        timer_ = {};
        carry_out(shard_.tick(now()));
    });
}

}  // namespace moldau::coordinator
