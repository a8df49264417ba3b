// How far consumers may read, and who is woken when that moves.

#include "replica/partition.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/disk.h"
#include "sim/loop.h"
#include "wire/batch_builder.h"

namespace moldau::replica {
namespace {

class PartitionTest : public ::testing::Test {
protected:
    sim::Disk disk_;
    sim::Loop loop_{{.seed = 1}};
    sim::FileSystem files_{disk_, loop_};
    std::unique_ptr<log::Log> log_;
    std::unique_ptr<Partition> partition_;
    std::int32_t sequence_ = 0;
    int rung_ = 0;

    void SetUp() override {
        log::LogIdentity identity{.dir = "/data/orders-0", .name = {"orders", PartitionIndex{0}}, .topic_id = {}};
        log_ = *sim::run(loop_, log::Log::open(std::move(identity), {}, {.executor = loop_, .files = files_}));
        partition_ = std::make_unique<Partition>(loop_, *log_, LeaderEpoch{0});
    }
    void TearDown() override {
        loop_.run_until_idle();
        sim::run(loop_, partition_->stop());
        ASSERT_TRUE(sim::run(loop_, log_->close()).has_value());
    }
    void append(wire::BatchOptions options, std::optional<wire::ControlType> marker = std::nullopt) {
        wire::BatchBuilder builder{options};
        if (marker) {
            wire::append_marker(builder, {*marker, 0}, 1'000);
        } else {
            builder.append({.timestamp = 1'000});
        }
        const bytes::View bytes = *builder.build_plain();
        wire::ValidatedBatch batch{.header = *wire::BatchHeader::parse(bytes.span()),
                                   .header_bytes = {},
                                   .records = bytes.slice(wire::kBatchHeaderBytes)};
        std::copy_n(bytes.data(), wire::kBatchHeaderBytes, batch.header_bytes.begin());
        ASSERT_TRUE(log_->append(std::move(batch), LeaderEpoch{0}, loop_.now()).has_value());
        loop_.run_until_idle();
    }
    void plain() { append({}); }
    void transactional() {
        append({.producer_id = ProducerId{1},
                .producer_epoch = ProducerEpoch{0},
                .base_sequence = sequence_++,
                .is_transactional = true});
    }
    void end(wire::ControlType type) {
        append(
            {.producer_id = ProducerId{1}, .producer_epoch = ProducerEpoch{0}, .is_transactional = true, .is_control = true},
            type);
    }
    void watch(Isolation isolation) {
        static_cast<void>(partition_->watch(partition_->bounds(), {isolation, [this] { ++rung_; }}));
    }
    Fetched fetch(Isolation isolation, Offset from = Offset{0}) {
        return *sim::run(loop_, partition_->fetch({.from = from, .isolation = isolation}));
    }
};

TEST_F(PartitionTest, ShowsCommittedReadersNothingFromTheFirstOpenTransactionOn) {
    plain();
    transactional();
    plain();
    EXPECT_EQ(partition_->bounds().last_stable_offset, Offset{1});
    EXPECT_EQ(partition_->bounds().high_watermark, Offset{3});
    const auto committed = fetch(Isolation::kReadCommitted);
    const auto all = fetch(Isolation::kReadUncommitted);
    EXPECT_EQ(wire::BatchHeader::parse(committed.batches.flatten().span())->size_bytes(), committed.batches.size());
    EXPECT_GT(all.batches.size(), 2 * committed.batches.size());
    EXPECT_TRUE(fetch(Isolation::kReadCommitted, Offset{1}).batches.empty());
}

TEST_F(PartitionTest, NamesAbortedTransactionsToCommittedReadersOnly) {
    transactional();
    end(wire::ControlType::kAbort);
    EXPECT_EQ(partition_->bounds().last_stable_offset, Offset{2});
    const auto committed = fetch(Isolation::kReadCommitted);
    ASSERT_EQ(committed.aborted.size(), 1u);
    EXPECT_EQ(committed.aborted[0].producer, ProducerId{1});
    EXPECT_EQ(committed.aborted[0].first, Offset{0});
    EXPECT_TRUE(fetch(Isolation::kReadUncommitted).aborted.empty());
}

TEST_F(PartitionTest, WakesCommittedReadersWhenTheStableEndMovesOnly) {
    transactional();
    watch(Isolation::kReadCommitted);
    transactional();
    plain();
    EXPECT_EQ(rung_, 0);
    end(wire::ControlType::kCommit);
    EXPECT_EQ(rung_, 1);
}

TEST_F(PartitionTest, WakesOtherReadersByTheHighWatermark) {
    transactional();
    watch(Isolation::kReadUncommitted);
    transactional();
    EXPECT_EQ(rung_, 1);
}

TEST_F(PartitionTest, WakesEverybodyWhenItStops) {
    watch(Isolation::kReadCommitted);
    watch(Isolation::kReadUncommitted);
    sim::run(loop_, partition_->stop());
    EXPECT_EQ(rung_, 2);
}

}  // namespace
}  // namespace moldau::replica
