// A log as its owner sees it: appending, reading, rolling, restarting.

#include "log/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "log/log_testing.h"
#include "log/log_writer.h"

namespace moldau::log {
namespace {

using namespace testing;
using ::testing::ElementsAre;

LogConfig small_segments() { return {.segment_bytes = 1000, .index_interval_bytes = 100}; }

class LogTest : public ::testing::Test {
protected:
    sim::Disk disk_;
    Process process_{disk_};

    void restart(LogConfig config = {}) {
        ASSERT_TRUE(process_.close().has_value());
        process_.log.reset();
        process_.open(config);
    }
};

TEST_F(LogTest, StartsEmptyAtZero) {
    process_.open();
    EXPECT_EQ(process_.log->log_start_offset(), Offset{0});
    EXPECT_EQ(process_.log->end_offset(), Offset{0});
    EXPECT_EQ(process_.log->durable_end(), Offset{0});
    EXPECT_EQ(disk_.content(std::string{kLogDir} + "/partition.metadata"),
              "version: 0\ntopic_id: " + topic_id().value.to_string() + "\n");
    ASSERT_TRUE(process_.close().has_value());
}

TEST_F(LogTest, AssignsOffsetsAndEpochs) {
    process_.open();
    const auto first = process_.append({.records = 3}, LeaderEpoch{4});
    const auto second = process_.append({.records = 2}, LeaderEpoch{4});
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->base, Offset{0});
    EXPECT_EQ(first->end, Offset{3});
    EXPECT_EQ(second->base, Offset{3});
    EXPECT_EQ(second->end, Offset{5});
    EXPECT_EQ(process_.log->end_offset(), Offset{5});
    EXPECT_EQ(process_.log->latest_epoch(), LeaderEpoch{4});

    const auto batches = process_.read_all(Offset{0});
    ASSERT_EQ(batches.size(), 2u);
    EXPECT_EQ(batches[1], batch_bytes({.records = 2, .base = Offset{3}, .leader_epoch = LeaderEpoch{4}}));
    ASSERT_TRUE(process_.close().has_value());
}

TEST_F(LogTest, CountsAsDurableOnlyWhatASyncCovered) {
    process_.open();
    ASSERT_TRUE(process_.append({}));
    EXPECT_EQ(process_.log->written_end(), Offset{0});
    EXPECT_EQ(process_.log->committed_end(), Offset{0});
    process_.settle();
    EXPECT_EQ(process_.log->written_end(), Offset{1});
    EXPECT_EQ(process_.log->durable_end(), Offset{1});
    EXPECT_EQ(process_.log->committed_end(), Offset{1});
    ASSERT_TRUE(process_.close().has_value());
}

TEST_F(LogTest, ReplicatedCountsWhenWritten) {
    process_.open({.durability = Durability::kReplicated});
    ASSERT_TRUE(process_.append({}));
    process_.settle();
    EXPECT_EQ(process_.log->written_end(), Offset{1});
    EXPECT_EQ(process_.log->durable_end(), Offset{0});
    EXPECT_EQ(process_.log->committed_end(), Offset{1});
    ASSERT_TRUE(sim::run(process_.loop, process_.log->flush()).has_value());
    EXPECT_EQ(process_.log->durable_end(), Offset{1});
    ASSERT_TRUE(process_.close().has_value());
}

TEST_F(LogTest, TellsItsOwnerAboutProgress) {
    process_.open();
    int calls = 0;
    process_.log->on_progress([&] { ++calls; });
    ASSERT_TRUE(process_.append({}));
    EXPECT_EQ(calls, 0);
    process_.settle();
    EXPECT_GE(calls, 1);
    ASSERT_TRUE(process_.close().has_value());
}

TEST_F(LogTest, ReadsTheSameFromMemoryAndFromFiles) {
    LogConfig config = small_segments();
    process_.open(config);
    for (int index = 0; index < 50; ++index) {
        ASSERT_TRUE(
            process_.append({.records = 1 + index % 3, .value_bytes = 40, .fill = static_cast<char>('a' + index % 26)}));
        if (index % 7 == 0) process_.settle();
    }
    process_.settle();
    const auto hot = process_.read_all(Offset{0});
    const Offset end = process_.log->end_offset();
    EXPECT_GT(process_.log->stats().segments, 4u);

    config.hot_tail_bytes = 0;
    restart(config);
    EXPECT_EQ(process_.log->end_offset(), end);
    const auto cold = process_.read_all(Offset{0});
    EXPECT_EQ(hot, cold);
    for (Offset from{0}; from < end; from = from + 1) {
        const auto range = process_.read(from, 1);
        ASSERT_TRUE(range.has_value());
        const auto header = *wire::BatchHeader::parse(range->batches.flatten().span());
        EXPECT_LE(header.base_offset, from);
        EXPECT_GT(header.next_offset(), from);
        EXPECT_EQ(range->end, header.next_offset());
    }
    ASSERT_TRUE(process_.close().has_value());
}

TEST_F(LogTest, RefusesOffsetsOutsideTheLog) {
    process_.open();
    ASSERT_TRUE(process_.append({.records = 5}));
    EXPECT_EQ(process_.read(Offset{6}).error().code, Errc::kOffsetOutOfRange);
    EXPECT_TRUE(process_.read(Offset{5}).has_value());
    ASSERT_TRUE(sim::run(process_.loop, process_.log->advance_start(Offset{2})).has_value());
    EXPECT_EQ(process_.read(Offset{1}).error().code, Errc::kOffsetOutOfRange);
    ASSERT_TRUE(process_.close().has_value());
}

TEST_F(LogTest, ReturnsTheFirstBatchWholeOnlyWhenAsked) {
    process_.open();
    ASSERT_TRUE(process_.append({.value_bytes = 500}));
    ReadOptions options{.from = Offset{0}, .end = Offset{1}, .bytes_max = 10};
    EXPECT_TRUE(sim::run(process_.loop, process_.log->read(options))->batches.empty());
    options.first_batch = ReadOptions::FirstBatch::kAlways;
    EXPECT_GT(sim::run(process_.loop, process_.log->read(options))->batches.size(), 500u);
    ASSERT_TRUE(process_.close().has_value());
}

TEST_F(LogTest, KeepsWithinTheHotTailsBound) {
    process_.open({.hot_tail_bytes = 2000});
    for (int index = 0; index < 100; ++index) ASSERT_TRUE(process_.append({.value_bytes = 100}));
    EXPECT_GT(process_.log->stats().hot_bytes, 10'000u);  // not written yet: nothing may go
    process_.settle();
    EXPECT_LE(process_.log->stats().hot_bytes, 2000u);
    EXPECT_FALSE(process_.log->read_now({.from = Offset{0}, .end = Offset{100}}).has_value());
    EXPECT_TRUE(process_.log->read_now({.from = Offset{99}, .end = Offset{100}}).has_value());
    EXPECT_EQ(process_.read_all(Offset{0}).size(), 100u);
    ASSERT_TRUE(process_.close().has_value());
}

TEST_F(LogTest, KnowsTheRepeatedBatchOfAProducerAlsoAfterARestart) {
    process_.open();
    const BatchSpec spec{.records = 2, .producer = ProducerId{9}, .sequence = 0};
    ASSERT_TRUE(process_.append({}));
    ASSERT_TRUE(process_.append(spec));
    const auto repeat = process_.append(spec);
    ASSERT_TRUE(repeat.has_value());
    EXPECT_TRUE(repeat->duplicate);
    EXPECT_EQ(repeat->base, Offset{1});
    EXPECT_EQ(process_.append({.producer = ProducerId{9}, .sequence = 7}).error().code, Errc::kOutOfOrderSequenceNumber);
    restart();
    const auto later = process_.append(spec);
    ASSERT_TRUE(later.has_value());
    EXPECT_TRUE(later->duplicate);
    EXPECT_EQ(process_.log->end_offset(), Offset{3});
    ASSERT_TRUE(process_.close().has_value());
}

TEST_F(LogTest, RefusesAnotherTopicsFolder) {
    process_.open();
    ASSERT_TRUE(process_.close().has_value());
    LogIdentity other = identity();
    other.topic_id = topic_id(2);
    const auto opened = sim::run(process_.loop, Log::open(other, {}, process_.environment(Shutdown::kClean)));
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, Errc::kCorrupt);
}

TEST_F(LogTest, BecomesReadOnlyWhenAWriteFails) {
    process_.open();
    ASSERT_TRUE(process_.append({}));
    process_.settle();
    disk_.fail_nth(sim::OpKind::kWrite, 1, sim::Fault::kIo, ".log");
    ASSERT_TRUE(process_.append({}));
    process_.settle();
    ASSERT_TRUE(process_.log->failure().has_value());
    EXPECT_EQ(process_.append({}).error().code, Errc::kKafkaStorageError);
    EXPECT_EQ(process_.log->committed_end(), Offset{1});
    EXPECT_EQ(process_.read_all(Offset{0}).size(), 2u);
    EXPECT_FALSE(process_.close().has_value());
}

TEST_F(LogTest, NeverTakesAFailedSyncForASuccess) {
    process_.open();
    disk_.fail_nth(sim::OpKind::kSync, 1, sim::Fault::kIo, ".log");
    ASSERT_TRUE(process_.append({}));
    process_.settle();
    EXPECT_TRUE(process_.log->failure().has_value());
    EXPECT_EQ(process_.log->durable_end(), Offset{0});
    EXPECT_FALSE(sim::run(process_.loop, process_.log->flush()).has_value());
    EXPECT_EQ(process_.log->durable_end(), Offset{0});
    EXPECT_FALSE(process_.close().has_value());
}

TEST_F(LogTest, SyncsTheSegmentForBatchesThatAreTooLargeForTheWriteAheadLog) {
    disk_.put("/data/.lock", "");
    process_.wal =
        *sim::run(process_.loop, wal::WriteAheadLog::open({process_.loop, process_.files}, {.dir = "/data/.moldau-wal"}));
    process_.open();
    ASSERT_TRUE(process_.append({}));
    ASSERT_TRUE(process_.append({.value_bytes = LogConfig{}.wal_batch_bytes_max}));
    ASSERT_TRUE(process_.append({}));
    process_.settle();
    EXPECT_EQ(process_.log->durable_end(), Offset{3});
    EXPECT_EQ(process_.wal->counters().entries, 2u);
    process_.die(true);

    Process after{disk_};
    after.replay = *sim::run(after.loop, wal::WalReplay::load(after.files, "/data/.moldau-wal"));
    after.open({}, Shutdown::kPowerLost);
    EXPECT_EQ(after.log->end_offset(), Offset{3});
    EXPECT_FALSE(after.log->recovery().damage.has_value());
    ASSERT_TRUE(after.close().has_value());
}

TEST_F(LogTest, HoldsTheDurableEndBackForALargeBatchWhoseSyncFailed) {
    disk_.put("/data/.lock", "");
    process_.wal =
        *sim::run(process_.loop, wal::WriteAheadLog::open({process_.loop, process_.files}, {.dir = "/data/.moldau-wal"}));
    process_.open();
    ASSERT_TRUE(process_.append({}));
    process_.settle();
    disk_.fail_all(sim::OpKind::kSync, sim::Fault::kIo);
    ASSERT_TRUE(process_.append({.value_bytes = LogConfig{}.wal_batch_bytes_max}));
    process_.settle();
    EXPECT_EQ(process_.log->durable_end(), Offset{1});
    EXPECT_EQ(process_.log->committed_end(), Offset{1});
    EXPECT_TRUE(process_.log->failure().has_value());
    process_.die(false);
}

TEST_F(LogTest, GivesTheMemoryOfItsHotTailBackWhenIdle) {
    process_.open();
    ASSERT_TRUE(process_.append({}));
    process_.settle();
    EXPECT_GT(process_.log->stats().hot_bytes, 0u);
    process_.loop.advance(std::chrono::seconds{61});
    process_.log->tick(process_.loop.now());
    EXPECT_EQ(process_.log->stats().hot_bytes, 0u);
    EXPECT_EQ(process_.read_all(Offset{0}).size(), 1u);
    ASSERT_TRUE(process_.close().has_value());
}

TEST_F(LogTest, FindsRecordsByTimestamp) {
    LogConfig config = small_segments();
    config.hot_tail_bytes = 0;
    process_.open(config);
    for (int index = 0; index < 40; ++index) {
        const auto codec = index % 2 == 0 ? bytes::Codec::kNone : bytes::Codec::kZstd;
        ASSERT_TRUE(process_.append({.records = 3, .value_bytes = 30, .timestamp = 1000 + index * 10, .codec = codec},
                                    LeaderEpoch{index / 10}));
    }
    const Offset end = process_.log->end_offset();
    auto find = [&](std::int64_t timestamp) {
        return *sim::run(process_.loop, process_.log->find_timestamp(timestamp, end));
    };
    for (int index = 0; index < 40; ++index) {
        for (int record = 0; record < 3; ++record) {
            const auto found = find(1000 + index * 10 + record);
            ASSERT_TRUE(found.has_value()) << index;
            EXPECT_EQ(found->offset, Offset{index * 3 + record});
            EXPECT_EQ(found->timestamp, 1000 + index * 10 + record);
            EXPECT_EQ(found->epoch, LeaderEpoch{index / 10});
        }
        const auto between = find(1000 + index * 10 + 5);
        EXPECT_EQ(between.has_value(), index < 39);
        if (between) EXPECT_EQ(between->offset, Offset{index * 3 + 3});
    }
    EXPECT_EQ(find(0)->offset, Offset{0});
    const auto largest = *sim::run(process_.loop, process_.log->find_max_timestamp(end));
    EXPECT_EQ(largest->offset, Offset{119});
    const auto bounded = *sim::run(process_.loop, process_.log->find_max_timestamp(Offset{60}));
    EXPECT_EQ(bounded->offset, Offset{59});
    ASSERT_TRUE(process_.close().has_value());
}

TEST_F(LogTest, RemembersEpochs) {
    process_.open();
    ASSERT_TRUE(process_.append({.records = 5}, LeaderEpoch{1}));
    ASSERT_TRUE(process_.append({.records = 5}, LeaderEpoch{4}));
    EXPECT_EQ(process_.append({}, LeaderEpoch{3}).error().code, Errc::kFencedLeaderEpoch);
    restart();
    EXPECT_EQ(process_.log->latest_epoch(), LeaderEpoch{4});
    EXPECT_EQ(process_.log->end_of_epoch(LeaderEpoch{2}).end, Offset{5});
    EXPECT_EQ(process_.log->end_of_epoch(LeaderEpoch{2}).epoch, LeaderEpoch{1});
    EXPECT_EQ(process_.log->end_of_epoch(LeaderEpoch{9}).end, Offset{10});
    EXPECT_EQ(process_.log->end_of_epoch(LeaderEpoch{0}).end, Offset{-1});
    EXPECT_EQ(process_.log->epoch_at(Offset{4}), LeaderEpoch{1});
    EXPECT_EQ(process_.log->epoch_at(Offset{5}), LeaderEpoch{4});
    ASSERT_TRUE(process_.close().has_value());
}

TEST_F(LogTest, TruncatesAcrossSegments) {
    process_.open(small_segments());
    for (int index = 0; index < 40; ++index) {
        ASSERT_TRUE(
            process_.append({.value_bytes = 60, .producer = ProducerId{3}, .sequence = index}, LeaderEpoch{index / 10}));
    }
    const auto before = process_.read_all(Offset{0});
    ASSERT_TRUE(sim::run(process_.loop, process_.log->truncate_to(Offset{17})).has_value());
    EXPECT_EQ(process_.log->end_offset(), Offset{17});
    EXPECT_EQ(process_.log->durable_end(), Offset{17});
    EXPECT_EQ(process_.log->latest_epoch(), LeaderEpoch{1});
    ASSERT_TRUE(process_.append({.value_bytes = 60, .producer = ProducerId{3}, .sequence = 17}, LeaderEpoch{7}));
    process_.settle();
    restart(small_segments());
    EXPECT_EQ(process_.log->end_offset(), Offset{18});
    const auto after = process_.read_all(Offset{0});
    ASSERT_EQ(after.size(), 18u);
    for (std::size_t index = 0; index < 17; ++index) EXPECT_EQ(after[index], before[index]);
    EXPECT_EQ(process_.append({.producer = ProducerId{3}, .sequence = 40}, LeaderEpoch{7}).error().code,
              Errc::kOutOfOrderSequenceNumber);
    ASSERT_TRUE(process_.close().has_value());
}

TEST_F(LogTest, StartsAnewAtAnOffset) {
    process_.open(small_segments());
    for (int index = 0; index < 40; ++index) ASSERT_TRUE(process_.append({.value_bytes = 60}));
    ASSERT_TRUE(sim::run(process_.loop, process_.log->restart_at(Offset{500})).has_value());
    EXPECT_EQ(process_.log->log_start_offset(), Offset{500});
    EXPECT_EQ(process_.log->end_offset(), Offset{500});
    EXPECT_EQ(process_.log->latest_epoch(), kNoLeaderEpoch);
    ASSERT_TRUE(process_.append({}, LeaderEpoch{2}));
    restart(small_segments());
    EXPECT_EQ(process_.log->log_start_offset(), Offset{500});
    EXPECT_EQ(process_.log->end_offset(), Offset{501});
    ASSERT_TRUE(process_.close().has_value());
}

TEST_F(LogTest, DeletesWholeSegmentsBelowItsStart) {
    process_.open(small_segments());
    for (int index = 0; index < 40; ++index) ASSERT_TRUE(process_.append({.value_bytes = 60}));
    const std::size_t segments = process_.log->stats().segments;
    ASSERT_TRUE(sim::run(process_.loop, process_.log->advance_start(Offset{25})).has_value());
    EXPECT_EQ(process_.log->log_start_offset(), Offset{25});
    EXPECT_LE(process_.log->local_log_start_offset(), Offset{25});
    EXPECT_LT(process_.log->stats().segments, segments);
    process_.log_start = Offset{25};
    restart(small_segments());
    EXPECT_EQ(process_.log->log_start_offset(), Offset{25});
    EXPECT_EQ(process_.read(Offset{24}).error().code, Errc::kOffsetOutOfRange);
    EXPECT_TRUE(process_.read(Offset{25}).has_value());
    ASSERT_TRUE(process_.close().has_value());
}

// What the producers were in a future that the log has lost, believed after another one, would make a batch of theirs a
// repeat, or a repeat a batch.
TEST(Log, ForgetsTheProducersOfALostFutureForGood) {
    sim::Disk disk;
    const std::string snapshot = segment_path(kLogDir, Offset{7}, kSnapshotSuffix);
    {
        Process process{disk};
        process.open();
        ASSERT_TRUE(sim::run(process.loop, io::sync_dir(process.files, "/")));
        ASSERT_TRUE(process.append({.records = 5}));
        ASSERT_TRUE(sim::run(process.loop, process.log->flush()));
        ASSERT_TRUE(sim::run(process.loop, io::replace_file(process.files, snapshot, bytes::View::copy_of("of 7"))));
        process.die(true);
    }
    {
        Process process{disk};
        process.open({}, Shutdown::kPowerLost);
        EXPECT_EQ(process.log->end_offset(), Offset{5});
        process.die(true);
    }
    Process process{disk};
    const auto found = sim::run(process.loop, io::read_file(process.files, snapshot, 1'000));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, Errc::kNotFound);
}

// A power loss takes the names of deleted segments in any order, unless they are made to last one by one.
TEST(Log, LosesDeletedSegmentsFromTheFrontOnly) {
    constexpr std::int64_t kRecords = 40;
    bool crashed = true;
    for (std::uint64_t operations = 1; crashed; ++operations) {
        sim::Disk disk{{.seed = operations}};
        Offset recovery_point;
        {
            Process process{disk};
            process.open(small_segments());
            ASSERT_TRUE(sim::run(process.loop, io::sync_dir(process.files, "/")));
            for (int index = 0; index < kRecords; ++index) ASSERT_TRUE(process.append({.value_bytes = 60}));
            ASSERT_TRUE(sim::run(process.loop, process.log->flush()));
            recovery_point = process.log->recovery_point();
            disk.crash_after_operation(disk.operations() + operations);
            crashed = !sim::try_run(process.loop, process.log->advance_start(Offset{35})).has_value();
            disk.crash_after_operation(0);
            process.die(true);
        }
        Process process{disk};
        process.recovery_point = recovery_point;
        process.open(small_segments(), Shutdown::kPowerLost);
        const Offset start = process.log->log_start_offset();
        EXPECT_LE(start, Offset{35});
        EXPECT_EQ(std::cmp_equal(process.read_all(start).size(), kRecords - start.value), true) << operations;
        EXPECT_TRUE(process.close());
    }
}

TEST_F(LogTest, MovesItsFolderAsideWhenDeleted) {
    process_.open();
    ASSERT_TRUE(process_.append({}));
    const auto renamed = sim::run(process_.loop, process_.log->close_and_mark_deleted(topic_id(5).value));
    ASSERT_TRUE(renamed.has_value());
    EXPECT_FALSE(disk_.exists(kLogDir));
    EXPECT_TRUE(disk_.exists(*renamed));
    EXPECT_TRUE(renamed->ends_with("-delete"));
}

TEST_F(LogTest, RollsByTimeOfItsRecords) {
    process_.open({.segment_ms = Millis{1000}});
    ASSERT_TRUE(process_.append({.timestamp = 5000}));
    ASSERT_TRUE(process_.append({.timestamp = 6000}));
    EXPECT_EQ(process_.log->stats().segments, 1u);
    ASSERT_TRUE(process_.append({.timestamp = 6001}));
    EXPECT_EQ(process_.log->stats().segments, 2u);
    process_.loop.advance(std::chrono::seconds{2});
    process_.log->tick(process_.loop.now());
    EXPECT_EQ(process_.log->stats().segments, 3u);
    process_.log->tick(process_.loop.now());
    EXPECT_EQ(process_.log->stats().segments, 3u);  // the new one is empty
    ASSERT_TRUE(process_.close().has_value());
}

TEST_F(LogTest, FlushesReplicatedTopicsByCountAndTime) {
    process_.open({.durability = Durability::kReplicated, .flush_messages = 3, .flush_ms = Millis{500}});
    ASSERT_TRUE(process_.append({}));
    ASSERT_TRUE(process_.append({}));
    process_.settle();
    EXPECT_EQ(process_.log->durable_end(), Offset{0});
    ASSERT_TRUE(process_.append({}));
    process_.settle();
    EXPECT_EQ(process_.log->durable_end(), Offset{3});
    ASSERT_TRUE(process_.append({}));
    process_.settle();
    process_.loop.advance(Millis{500});
    process_.log->tick(process_.loop.now());
    process_.settle();
    EXPECT_EQ(process_.log->durable_end(), Offset{4});
    ASSERT_TRUE(process_.close().has_value());
}

TEST_F(LogTest, FlushesReplicatedTopicsByNothingUnlessTold) {
    process_.open({.durability = Durability::kReplicated});
    ASSERT_TRUE(process_.append({}));
    process_.settle();
    process_.loop.advance(std::chrono::hours{24});
    process_.log->tick(process_.loop.now());
    process_.settle();
    EXPECT_EQ(process_.log->durable_end(), Offset{0});
    ASSERT_TRUE(process_.close().has_value());
}

TEST_F(LogTest, RefusesWhatNoSegmentCanHold) {
    process_.open(small_segments());
    EXPECT_EQ(process_.append({.value_bytes = 2000}).error().code, Errc::kRecordListTooLarge);
    ASSERT_TRUE(process_.close().has_value());
    EXPECT_EQ(process_.append({}).error().code, Errc::kKafkaStorageError);
}

// The goal is reached by a round that began before the closed segment's last bytes were written: a later round must come.
TEST(Log, FlushEndsThoughItsSegmentIsClosedWithBytesUnderWay) {
    using std::chrono::microseconds;
    sim::Disk disk{
        {.write_latency = {microseconds{200}, microseconds{200}}, .sync_latency = {microseconds{20}, microseconds{20}}}};
    Process process{disk};
    process.open({.segment_bytes = 2'000, .durability = Durability::kReplicated});
    ASSERT_TRUE(process.append({.value_bytes = 400}));
    process.loop.advance(std::chrono::milliseconds{10});
    bool flushed = false;
    spawn(process.log->flush(), [&flushed](Result<void> result) { flushed = result.has_value(); });
    for (int batch = 0; batch < 4; ++batch) {  // the fourth rolls
        ASSERT_TRUE(process.append({.value_bytes = 500}));
        process.loop.advance(microseconds{2});
    }
    process.loop.advance(std::chrono::milliseconds{10});
    EXPECT_TRUE(flushed);
    EXPECT_TRUE(process.close());
}

// As after DeleteRecords: the batches are below the start, in a segment that stays or in ones that go.
TEST(Log, KnowsItsProducersThoughTheirBatchesAreBelowTheStart) {
    for (const std::int64_t segment_bytes : {600, 100'000}) {
        sim::Disk disk;
        const ProducerId producer{7};
        {
            Process process{disk};
            process.open({.segment_bytes = segment_bytes});
            for (int sequence = 0; sequence < 10; ++sequence)
                ASSERT_TRUE(process.append({.value_bytes = 100, .producer = producer, .sequence = sequence}));
            ASSERT_TRUE(sim::run(process.loop, process.log->advance_start(Offset{10})));
            process.die(false);
        }
        Process process{disk};
        process.log_start = Offset{10};
        process.open({.segment_bytes = segment_bytes}, Shutdown::kProcessDied);
        EXPECT_FALSE(process.append({.producer = producer, .sequence = 12}));
        EXPECT_TRUE(process.append({.producer = producer, .sequence = 10})) << segment_bytes;
        EXPECT_TRUE(process.close());
    }
}

}  // namespace
}  // namespace moldau::log
