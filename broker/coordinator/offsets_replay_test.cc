// Committed offsets out of a log that transactions wrote to.

#include "coordinator/offsets_replay.h"

#include <gtest/gtest.h>

#include "group/records.h"
#include "wire/batch_builder.h"

namespace moldau::coordinator {
namespace {

constexpr ProducerId kProducer{7};

// Without a producer: outside of transactions.
bytes::View commit_of(std::int64_t offset, ProducerId producer = kNoProducerId) {
    wire::BatchOptions options;
    if (producer != kNoProducerId) {
        options.producer_id = producer;
        options.producer_epoch = ProducerEpoch{0};
        options.base_sequence = 0;
        options.is_transactional = true;
    }
    wire::BatchBuilder builder{options};
    group::CommittedOffset committed;
    committed.offset = offset;
    const auto record = group::offset_record("g", "t", 0, committed);
    builder.append({.timestamp = 1, .key = record.key.span(), .value = record.value->span()});
    return *builder.build_plain();
}

bytes::View marker_of(wire::ControlType type, ProducerId producer = kProducer) {
    wire::BatchOptions options;
    options.producer_id = producer;
    options.producer_epoch = ProducerEpoch{0};
    options.is_transactional = true;
    options.is_control = true;
    wire::BatchBuilder builder{options};
    wire::append_marker(builder, {type, 0}, 1);
    return *builder.build_plain();
}

// The offset that counts after these batches; nullopt when there is none.
struct Replayed {
    std::optional<std::int64_t> offset;
    std::size_t open_transactions = 0;
};
Replayed replayed(const std::vector<bytes::View>& batches) {
    group::Shard shard{group::ShardOptions{}};
    bytes::Codecs codecs;
    OffsetsReplay replay{shard, codecs.decompressor};
    for (const auto& batch : batches) EXPECT_TRUE(replay.replay(batch));
    const auto* group = shard.find("g");
    if (group == nullptr || group->offsets().find("t", 0) == nullptr) return {std::nullopt, replay.open_transactions()};
    return {group->offsets().find("t", 0)->committed->offset, replay.open_transactions()};
}

TEST(OffsetsReplay, TakesTransactionalOffsetsWithTheirCommitMarker) {
    EXPECT_EQ(replayed({commit_of(5, kProducer), marker_of(wire::ControlType::kCommit)}).offset, 5);
}

TEST(OffsetsReplay, DropsOffsetsOfAbortedTransactions) {
    const auto result = replayed({commit_of(3), commit_of(5, kProducer), marker_of(wire::ControlType::kAbort)});
    EXPECT_EQ(result.offset, 3);
    EXPECT_EQ(result.open_transactions, 0u);
}

TEST(OffsetsReplay, LeavesOpenTransactionsOut) {
    const auto result =
        replayed({commit_of(3), commit_of(5, kProducer), marker_of(wire::ControlType::kCommit, ProducerId{8})});
    EXPECT_EQ(result.offset, 3);
    EXPECT_EQ(result.open_transactions, 1u);
}

TEST(OffsetsReplay, OrdersTransactionalOffsetsByTheirMarkers) {
    const auto commit = wire::ControlType::kCommit;
    EXPECT_EQ(replayed({commit_of(5, kProducer), commit_of(3), marker_of(commit)}).offset, 5);
    EXPECT_EQ(
        replayed({commit_of(5, kProducer), commit_of(6, ProducerId{8}), marker_of(commit, ProducerId{8}), marker_of(commit)})
            .offset,
        5);
}

TEST(OffsetsReplay, RefusesBatchesThatCannotBeRead) {
    group::Shard shard{group::ShardOptions{}};
    bytes::Codecs codecs;
    OffsetsReplay replay{shard, codecs.decompressor};
    const auto batch = commit_of(5);
    EXPECT_FALSE(replay.replay(batch.slice(0, batch.size() - 1)));
}

}  // namespace
}  // namespace moldau::coordinator
