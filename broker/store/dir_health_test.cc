// One directory fails, the logs of the other go on: across the logs of a core, across cores, from the start to the end.

#include "store/dir_health.h"

#include <gtest/gtest.h>

#include "sim/disk.h"
#include "sim/loop.h"
#include "store/log_store.h"
#include "wire/batch_builder.h"

namespace moldau::store {
namespace {

using namespace std::chrono_literals;

constexpr const char* kBad = "/bad";
constexpr const char* kGood = "/good";

TopicPartition name_of(int number) { return {"t" + std::to_string(number), PartitionIndex{0}}; }

TopicId id_of(int number) {
    Uuid id;
    id.bytes[0] = static_cast<std::uint8_t>(number + 1);
    return TopicId{id};
}

wire::ValidatedBatch batch() {
    wire::BatchBuilder builder{{}};
    builder.append({.timestamp = 1'700'000'000'000, .value = bytes::View::copy_of("value").span()});
    wire::ProduceValidator validator;
    return *validator.validate_for_append(*builder.build_plain(), {.now = from_timestamp(1'700'000'000'000)});
}

class TwoDirs : public ::testing::Test {
protected:
    TwoDirs() {
        for (const auto* dir : {kBad, kGood}) disk_.put(std::string{dir} + "/meta.properties", "");
    }
    std::unique_ptr<LogStore> open(std::size_t core = 0) {
        LogStore::Options options{.core = core,
                                  .dirs = {kBad, kGood},
                                  .health = health_,
                                  .wal = {.file_bytes = 64 << 10},
                                  .checkpoint_interval = 60s};
        return *sim::run(loop_, LogStore::open({loop_, files_, random_}, std::move(options)));
    }
    log::Log& log(LogStore& store, std::size_t dir, int number) {
        return **sim::run(loop_, store.open_log(dir, name_of(number), id_of(number), {}, {}));
    }
    Result<log::AppendedRange> append(log::Log& log) { return log.append(batch(), LeaderEpoch{0}, loop_.now()); }
    void break_bad_dir(log::Log& log) {
        disk_.fail_nth(sim::OpKind::kWrite, 1, sim::Fault::kIo, "/bad/t");
        ASSERT_TRUE(append(log));
        loop_.run_until_idle();
    }

    sim::Disk disk_;
    sim::Loop loop_;
    sim::FileSystem files_{disk_, loop_};
    sim::Random random_{3};
    DirHealths health_{std::make_shared<DirHealth>(kBad, Uuid{}), std::make_shared<DirHealth>(kGood, Uuid{})};
};

TEST_F(TwoDirs, OneThatFailsTakesItsOwnLogsOnly) {
    const auto store = open();
    log::Log& broken = log(*store, 0, 0);
    log::Log& neighbour = log(*store, 0, 1);
    log::Log& fine = log(*store, 1, 2);
    break_bad_dir(broken);
    ASSERT_NE(health_[0]->failure(), nullptr);
    EXPECT_EQ(health_[0]->online().error().code, Errc::kKafkaStorageError);

    loop_.advance(2s);
    EXPECT_TRUE(neighbour.failure());
    EXPECT_EQ(append(neighbour).error().code, Errc::kKafkaStorageError);
    EXPECT_FALSE(fine.failure());
    ASSERT_TRUE(append(fine));
    loop_.run_until_idle();
    EXPECT_EQ(fine.durable_end(), Offset{1});
    EXPECT_TRUE(health_[1]->online());
    EXPECT_FALSE(sim::run(loop_, store->close()));
    EXPECT_TRUE(health_[0]->is_unclean());
    EXPECT_FALSE(health_[1]->is_unclean());
}

TEST_F(TwoDirs, OneThatFailsGetsNoNewLogs) {
    const auto store = open();
    log(*store, 1, 1);
    log(*store, 1, 2);
    log::Log& broken = log(*store, 0, 0);
    EXPECT_EQ(store->choose_dir(), 0u);
    break_bad_dir(broken);
    EXPECT_EQ(store->choose_dir(), 1u);
    EXPECT_EQ(sim::run(loop_, store->open_log(0, name_of(5), id_of(5), {}, {})).error().code, Errc::kKafkaStorageError);
    EXPECT_FALSE(sim::run(loop_, store->close()));
}

TEST_F(TwoDirs, EveryCoreHearsOfAFailure) {
    const auto store = open(0);
    const auto other = open(1);
    log::Log& elsewhere = log(*other, 0, 1);
    break_bad_dir(log(*store, 0, 0));
    EXPECT_FALSE(elsewhere.failure());
    loop_.advance(2s);
    EXPECT_TRUE(elsewhere.failure());
    EXPECT_FALSE(sim::run(loop_, other->close()));
    EXPECT_FALSE(sim::run(loop_, store->close()));
}

TEST_F(TwoDirs, OneMayBeOfflineFromTheStart) {
    health_[0]->fail({Errc::kIo, "not mounted"});
    const auto store = open();
    EXPECT_EQ(store->wals().size(), 1u);
    EXPECT_EQ(sim::run(loop_, store->open_log(0, name_of(0), id_of(0), {}, {})).error().code, Errc::kKafkaStorageError);
    ASSERT_TRUE(append(log(*store, 1, 1)));
    loop_.advance(70s);
    EXPECT_TRUE(sim::run(loop_, store->close()));
    EXPECT_FALSE(disk_.exists("/bad/.moldau-wal"));
}

TEST_F(TwoDirs, ALaneThatCannotBeOpenedTakesItsDirectoryOffline) {
    disk_.fail_nth(sim::OpKind::kMakeDirs, 1, sim::Fault::kIo, "/bad");
    const auto store = open();
    EXPECT_NE(health_[0]->failure(), nullptr);
    EXPECT_EQ(store->wals().size(), 1u);
    EXPECT_TRUE(sim::run(loop_, store->close()));
}

TEST_F(TwoDirs, TheCheckpointsOfOneDoNotWaitForTheOther) {
    const auto store = open();
    log(*store, 0, 0);
    ASSERT_TRUE(append(log(*store, 1, 1)));
    disk_.fail_all(sim::OpKind::kRename, sim::Fault::kDiskFull);
    EXPECT_FALSE(sim::run(loop_, store->checkpoint()));
    disk_.heal();
    disk_.fail_nth(sim::OpKind::kRename, 1, sim::Fault::kIo, "/bad/recovery");
    EXPECT_FALSE(sim::run(loop_, store->checkpoint()));
    EXPECT_NE(health_[0]->failure(), nullptr);
    EXPECT_TRUE(disk_.exists("/good/recovery-point-offset-checkpoint.0"));
    EXPECT_TRUE(sim::run(loop_, store->close()));
    EXPECT_TRUE(health_[0]->is_unclean());
    EXPECT_FALSE(health_[1]->is_unclean());
}

// What is deleted to make room must not wait for room.
TEST_F(TwoDirs, ADeletionNeedsNoSpace) {
    const auto store = open();
    log::Log& log0 = log(*store, 0, 0);
    disk_.fail_all(sim::OpKind::kWrite, sim::Fault::kDiskFull);
    ASSERT_TRUE(append(log0));
    loop_.advance(3s);
    EXPECT_TRUE(health_[0]->refusing());
    EXPECT_EQ(health_[0]->failure(), nullptr);
    EXPECT_TRUE(sim::run(loop_, store->remove(name_of(0), Millis{0})));
    EXPECT_FALSE(disk_.exists("/bad/t0-0"));
    disk_.heal();
    const auto closed = sim::run(loop_, store->close());
    EXPECT_TRUE(closed) << closed.error().to_string();
}

TEST_F(TwoDirs, ALogThatCannotBeOpenedLeavesItsDirectoryUnrecovered) {
    const auto store = open();
    disk_.fail_nth(sim::OpKind::kMakeDirs, 1, sim::Fault::kDiskFull, "/good/t1-0");
    EXPECT_FALSE(sim::run(loop_, store->open_log(1, name_of(1), id_of(1), {}, {})));
    EXPECT_FALSE(health_[1]->is_unclean()) << "it was new";
    disk_.fail_nth(sim::OpKind::kMakeDirs, 1, sim::Fault::kDiskFull, "/good/t1-0");
    EXPECT_FALSE(sim::run(loop_, store->open_log(1, name_of(1), id_of(1), {}, {.shutdown = log::Shutdown::kProcessDied})));
    EXPECT_TRUE(health_[1]->is_unclean());
    EXPECT_TRUE(health_[1]->online());
    EXPECT_TRUE(sim::run(loop_, store->close()));
}

}  // namespace
}  // namespace moldau::store
