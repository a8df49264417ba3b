// What a full disk does to a log: it waits, loses nothing, and goes on by itself; other errors are final.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "log/log_testing.h"

namespace moldau::log {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using sim::Fault;
using sim::OpKind;

class FullDisk : public ::testing::Test {
protected:
    void open(LogConfig config) {
        auto environment = process_.environment(Shutdown::kClean);
        environment.on_trouble = [this](const Error& error) { troubles_.push_back(error.code); };
        process_.log = *sim::run(process_.loop, Log::open(identity(), config, environment));
    }
    void end(LogConfig config = {}) {
        EXPECT_TRUE(process_.close().has_value());
        process_.open(config);
    }

    sim::Disk disk_;
    Process process_{disk_};
    std::vector<Errc> troubles_;
};

constexpr LogConfig kReplicated{.durability = Durability::kReplicated};

TEST_F(FullDisk, IsWaitedForAndNothingIsLost) {
    open(kReplicated);
    ASSERT_TRUE(process_.append({.records = 2}));
    process_.settle();
    disk_.fail_all(OpKind::kWrite, Fault::kShortDiskFull);
    ASSERT_TRUE(process_.append({.records = 3, .value_bytes = 500}));
    ASSERT_TRUE(process_.append({.records = 5, .value_bytes = 500}));
    process_.settle();

    EXPECT_EQ(process_.log->written_end(), Offset{2});
    EXPECT_FALSE(process_.log->failure());
    ASSERT_TRUE(process_.log->held_up());
    EXPECT_EQ(process_.log->held_up()->code, Errc::kDiskFull);
    EXPECT_EQ(process_.read_all(Offset{0}).size(), 3u) << "from memory";

    disk_.heal();
    process_.loop.advance(2s);
    EXPECT_EQ(process_.log->written_end(), Offset{10});
    EXPECT_FALSE(process_.log->held_up());
    end();
    EXPECT_EQ(process_.log->end_offset(), Offset{10});
    EXPECT_EQ(process_.read_all(Offset{0}).size(), 3u);
    EXPECT_TRUE(process_.close());
}

TEST_F(FullDisk, IsAskedOnceASecond) {
    open(kReplicated);
    disk_.fail_all(OpKind::kWrite, Fault::kDiskFull);
    ASSERT_TRUE(process_.append({}));
    process_.loop.advance(10s);
    EXPECT_GE(troubles_.size(), 10u);
    EXPECT_LE(troubles_.size(), 12u);
    EXPECT_THAT(troubles_, ::testing::Each(Errc::kDiskFull));
    disk_.heal();
    process_.loop.advance(2s);
    EXPECT_EQ(process_.log->written_end(), Offset{1});
    EXPECT_TRUE(process_.close());
}

TEST_F(FullDisk, LeavesNoHoleWhenTheProcessDiesMeanwhile) {
    open(kReplicated);
    for (int index = 0; index < 5; ++index) ASSERT_TRUE(process_.append({.value_bytes = 300}));
    process_.settle();
    disk_.fail_all(OpKind::kWrite, Fault::kShortDiskFull);
    for (int index = 0; index < 5; ++index) ASSERT_TRUE(process_.append({.value_bytes = 300}));
    process_.loop.advance(3s);
    process_.die(false);
    disk_.heal();

    Process next{disk_, 2};
    next.open({}, Shutdown::kProcessDied);
    EXPECT_GE(next.log->end_offset(), Offset{5});
    EXPECT_EQ(Offset{static_cast<std::int64_t>(next.read_all(Offset{0}).size())}, next.log->end_offset());
    EXPECT_TRUE(next.close());
}

// Indexes and the last sync of a rolled segment need space too.
TEST_F(FullDisk, StopsNoRoll) {
    LogConfig config{.segment_bytes = 1000, .index_interval_bytes = 0};
    open(config);
    for (int index = 0; index < 10; ++index) ASSERT_TRUE(process_.append({.value_bytes = 60}));
    process_.settle();
    disk_.fail_nth(OpKind::kWrite, 1, Fault::kDiskFull, "index");
    disk_.fail_nth(OpKind::kOpen, 1, Fault::kDiskFull, ".log");
    disk_.fail_nth(OpKind::kWrite, 1, Fault::kDiskFull, ".snapshot");
    for (int index = 0; index < 20; ++index) ASSERT_TRUE(process_.append({.value_bytes = 60}));
    process_.settle();
    EXPECT_LT(process_.log->durable_end(), Offset{30});
    process_.loop.advance(5s);
    EXPECT_EQ(process_.log->durable_end(), Offset{30});
    EXPECT_EQ(process_.log->recovery_point(), process_.log->end_offset());
    EXPECT_FALSE(process_.log->failure());
    end(config);
    EXPECT_EQ(process_.read_all(Offset{0}).size(), 30u);
    EXPECT_TRUE(process_.close());
}

TEST_F(FullDisk, DoesNotHoldUpWhatTheWriteAheadLogHas) {
    process_.wal = *sim::run(process_.loop, wal::WriteAheadLog::open({process_.loop, process_.files}, {.dir = "/data/wal"}));
    open({});
    ASSERT_TRUE(process_.append({}));
    process_.settle();
    disk_.fail_nth(OpKind::kWrite, 1, Fault::kDiskFull, ".log");
    ASSERT_TRUE(process_.append({}));
    process_.settle();
    EXPECT_EQ(process_.log->durable_end(), Offset{2});
    EXPECT_FALSE(process_.log->held_up());
    EXPECT_THAT(troubles_, ::testing::ElementsAre(Errc::kDiskFull));
    process_.loop.advance(2s);
    EXPECT_TRUE(process_.close());
    EXPECT_TRUE(sim::run(process_.loop, process_.wal->close()));
}

TEST_F(FullDisk, IsNoReasonToWaitWhenTheLogCloses) {
    open(kReplicated);
    disk_.fail_all(OpKind::kWrite, Fault::kDiskFull);
    ASSERT_TRUE(process_.append({}));
    process_.settle();
    const auto began = process_.loop.now().mono;
    EXPECT_EQ(process_.close().error().code, Errc::kDiskFull);
    EXPECT_LT(process_.loop.now().mono - began, 2s);
}

TEST_F(FullDisk, DoesNotKeepALogFromBeingDeleted) {
    open(kReplicated);
    disk_.fail_all(OpKind::kWrite, Fault::kDiskFull);
    ASSERT_TRUE(process_.append({}));
    process_.settle();
    EXPECT_TRUE(sim::run(process_.loop, process_.log->close_and_mark_deleted(topic_id(5).value)));
    EXPECT_FALSE(disk_.exists(kLogDir));
}

TEST_F(FullDisk, AtASyncIsFinal) {
    open({});
    disk_.fail_nth(OpKind::kSync, 1, Fault::kDiskFull, ".log");
    ASSERT_TRUE(process_.append({}));
    process_.loop.advance(5s);
    ASSERT_TRUE(process_.log->failure());
    EXPECT_EQ(process_.log->durable_end(), Offset{0});
    EXPECT_THAT(troubles_, ::testing::ElementsAre(Errc::kIo));
    EXPECT_EQ(process_.append({}).error().code, Errc::kKafkaStorageError);
    EXPECT_FALSE(process_.close());
}

TEST_F(FullDisk, IsAnotherThingThanABrokenOne) {
    open(kReplicated);
    disk_.fail_nth(OpKind::kWrite, 1, Fault::kShortIo, ".log");
    ASSERT_TRUE(process_.append({}));
    process_.loop.advance(5s);
    EXPECT_TRUE(process_.log->failure());
    EXPECT_THAT(troubles_, ::testing::ElementsAre(Errc::kIo));
    EXPECT_FALSE(process_.close());
}

TEST_F(FullDisk, FailureElsewhereEndsTheLog) {
    open(kReplicated);
    ASSERT_TRUE(process_.append({}));
    process_.settle();
    process_.log->fail_with({Errc::kIo, "another log of the directory"});
    EXPECT_EQ(process_.append({}).error().code, Errc::kKafkaStorageError);
    EXPECT_FALSE(process_.close());
}

}  // namespace
}  // namespace moldau::log
