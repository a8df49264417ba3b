// A core's logs together: lanes shared by partitions, checkpoints that free write-ahead files, removal, the end of a run.

#include "store/log_store.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "sim/disk.h"
#include "sim/loop.h"
#include "wire/batch_builder.h"

namespace moldau::store {
namespace {

constexpr const char* kDir = "/data/logs";

TopicId topic_id(int number) {
    Uuid id;
    id.bytes[0] = static_cast<std::uint8_t>(number + 1);
    return TopicId{id};
}

TopicPartition name_of(int number) { return {"t" + std::to_string(number), PartitionIndex{0}}; }

wire::ValidatedBatch batch(const std::string& value) {
    wire::BatchBuilder builder{{}};
    builder.append({.timestamp = 1'700'000'000'000, .value = bytes::View::copy_of(value).span()});
    wire::ProduceValidator validator;
    const auto view = *builder.build_plain();
    return *validator.validate_for_append(view, {.now = from_timestamp(1'700'000'000'000)});
}

LogStore::Options options() {
    return {.core = 2,
            .dirs = {kDir},
            .wal = {.file_bytes = 64 << 10, .prewrite_step_bytes = 64 << 10, .files_max = 4},
            .checkpoint_interval = std::chrono::seconds{60}};
}

// One process with one store.
struct Process {
    explicit Process(sim::Disk& on) : disk(on), files(on, loop) { disk.put("/data/logs/meta.properties", ""); }
    void open(LogStore::Options with = options()) {
        auto opened = sim::run(loop, LogStore::open({loop, files, random}, std::move(with)));
        CHECK(opened.has_value());
        store = *std::move(opened);
    }
    log::Log& log(int number, log::LogConfig config = {}, LogStore::Recovery recovery = {}) {
        auto opened = sim::run(loop, store->open_log(0, name_of(number), topic_id(number), config, recovery));
        CHECK(opened.has_value());
        return **opened;
    }
    Result<void> close() { return sim::run(loop, store->close()); }

    sim::Disk& disk;
    sim::Loop loop;
    sim::FileSystem files;
    sim::Random random{3};
    std::unique_ptr<LogStore> store;
};

void append(Process& process, log::Log& log, const std::string& value) {
    ASSERT_TRUE(log.append(batch(value), LeaderEpoch{0}, process.loop.now()));
}

TEST(LogStore, PlacesPartitionsEvenlyAndAlwaysTheSame) {
    EXPECT_EQ(core_of(topic_id(0), PartitionIndex{0}, 1), 0u);
    for (const std::size_t cores : {2u, 4u, 7u}) {
        std::vector<int> counts(cores);
        for (int topic = 0; topic < 20; ++topic) {
            for (int partition = 0; partition < 70; ++partition)
                ++counts[core_of(topic_id(topic), PartitionIndex{partition}, cores)];
        }
        for (const auto count : counts) EXPECT_NEAR(count, 1400.0 / static_cast<double>(cores), 30.0);
    }
    EXPECT_EQ(core_of(topic_id(5), PartitionIndex{9}, 4), core_of(topic_id(5), PartitionIndex{13}, 4))
        << "partitions go round";
}

TEST(LogStore, FindsWhatItOpenedUntilItIsRemoved) {
    sim::Disk disk;
    Process process{disk};
    process.open();
    log::Log& log = process.log(1);
    EXPECT_EQ(process.store->find(name_of(1)), &log);
    EXPECT_EQ(process.store->find(name_of(2)), nullptr);
    EXPECT_EQ(sim::run(process.loop, process.store->open_log(0, name_of(1), topic_id(1), {}, {})).error().code, Errc::kBusy);
    EXPECT_EQ(process.store->logs().size(), 1u);
    EXPECT_EQ(process.store->wals().size(), 1u);

    ASSERT_TRUE(sim::run(process.loop, process.store->remove(name_of(1), Millis{60'000})));
    EXPECT_EQ(process.store->find(name_of(1)), nullptr);
    EXPECT_FALSE(disk.exists("/data/logs/t1-0"));
    EXPECT_EQ(sim::run(process.loop, process.store->remove(name_of(1), Millis{0})).error().code, Errc::kNotFound);
    const auto has_leftover = [&] {
        for (const auto& name : disk.names(kDir)) {
            if (name.ends_with("-delete")) return true;
        }
        return false;
    };
    EXPECT_TRUE(has_leftover());
    process.loop.advance(Millis{59'000});
    EXPECT_TRUE(has_leftover());
    process.loop.advance(Millis{2'000});
    EXPECT_FALSE(has_leftover());
    process.log(1);
    EXPECT_TRUE(process.close());
}

TEST(LogStore, ChoosesTheDirectoryWithTheFewestLogs) {
    sim::Disk disk;
    Process process{disk};
    auto with = options();
    with.dirs = {"/data/a", "/data/b"};
    process.open(with);
    EXPECT_EQ(process.store->choose_dir(), 0u);
    process.log(1);
    EXPECT_EQ(process.store->choose_dir(), 1u);
    ASSERT_TRUE(sim::run(process.loop, process.store->open_log(1, name_of(2), topic_id(2), {}, {})));
    EXPECT_EQ(process.store->choose_dir(), 0u);
    EXPECT_TRUE(disk.exists("/data/b/t2-0"));
    EXPECT_TRUE(process.close());
}

TEST(LogStore, FreesWriteAheadFilesAsTheyFillAndLosesNothing) {
    sim::Disk disk;
    {
        Process process{disk};
        process.open();
        std::array<log::Log*, 3> logs{&process.log(0), &process.log(1), &process.log(2)};
        for (int index = 0; index < 300; ++index) {
            append(process, *logs[static_cast<std::size_t>(index % 3)],
                   std::string(3000, static_cast<char>('a' + index % 26)));
            process.loop.run_until_idle();
        }
        for (auto* log : logs) EXPECT_EQ(log->durable_end(), Offset{100});
        EXPECT_LE(disk.names("/data/logs/.moldau-wal").size(), 4u);
        EXPECT_GT(process.store->wals().front()->counters().bytes_written, 300u * 3000u);
        disk.power_fails(sim::Loss::kAll);
        disk.unwind_the_dead();
        (void)process.close();
    }
    Process after{disk};
    const auto replay = sim::run(after.loop, wal::WalReplay::load(after.files, std::string{kDir} + "/.moldau-wal"));
    ASSERT_TRUE(replay);
    EXPECT_FALSE(replay->empty());
    after.open();
    for (int number = 0; number < 3; ++number) {
        EXPECT_EQ(after.log(number, {}, {.replay = &*replay, .shutdown = log::Shutdown::kPowerLost}).end_offset(),
                  Offset{100});
    }
    EXPECT_TRUE(after.close());
}

TEST(LogStore, KeepsAcceptingWhenASlowDiskMakesTheWriteAheadLogWait) {
    sim::Disk disk{{.write_latency = {Millis{0}, Millis{2}}, .sync_latency = {Millis{1}, Millis{20}}}};
    Process process{disk};
    process.open();
    log::Log& log = process.log(0);
    for (int index = 0; index < 200; ++index) append(process, log, std::string(5000, 'x'));
    process.loop.advance(std::chrono::seconds{20});
    EXPECT_EQ(log.durable_end(), Offset{200});
    EXPECT_TRUE(process.close());
}

TEST(LogStore, RemovesALogWhileTheWriteAheadLogIsFull) {
    sim::Disk disk{{.sync_latency = {Millis{5}, Millis{5}}}};
    Process process{disk};
    process.open();
    log::Log& doomed = process.log(0);
    for (int index = 0; index < 200; ++index) append(process, doomed, std::string(5000, 'x'));
    process.loop.advance(Millis{20});
    std::optional<Result<void>> removed;
    spawn(process.store->remove(name_of(0), Millis{0}), [&](Result<void> result) { removed = std::move(result); });
    EXPECT_EQ(process.store->find(name_of(0)), nullptr) << "from the call on";
    EXPECT_TRUE(process.store->logs().empty());
    process.loop.advance(std::chrono::seconds{5});
    EXPECT_TRUE(removed && *removed);
    EXPECT_TRUE(process.close());
}

TEST(LogStore, WritesCheckpointFilesOfItsCore) {
    sim::Disk disk;
    Process process{disk};
    process.open();
    log::Log& log = process.log(0);
    process.store->set_high_watermark_source([](const log::Log& of) { return of.committed_end() - 1; });
    for (int index = 0; index < 5; ++index) append(process, log, "value");
    process.loop.run_until_idle();
    ASSERT_TRUE(sim::run(process.loop, log.advance_start(Offset{2})));
    ASSERT_TRUE(sim::run(process.loop, log.flush()));
    ASSERT_TRUE(sim::run(process.loop, process.store->checkpoint()));
    EXPECT_EQ(disk.content("/data/logs/recovery-point-offset-checkpoint.2"), "0\n1\nt0 0 5\n");
    EXPECT_EQ(disk.content("/data/logs/replication-offset-checkpoint.2"), "0\n1\nt0 0 4\n");
    EXPECT_EQ(disk.content("/data/logs/log-start-offset-checkpoint.2"), "0\n1\nt0 0 2\n");

    for (int index = 0; index < 5; ++index) append(process, log, "value");
    process.loop.advance(std::chrono::seconds{61});
    EXPECT_EQ(disk.content("/data/logs/replication-offset-checkpoint.2"), "0\n1\nt0 0 9\n") << "by the interval";
    const auto operations = disk.operations();
    process.loop.advance(std::chrono::minutes{30});
    EXPECT_EQ(disk.operations(), operations) << "idle: nothing is written";
    EXPECT_TRUE(process.close());
    EXPECT_EQ(disk.content("/data/logs/recovery-point-offset-checkpoint.2"), "0\n1\nt0 0 10\n");
}

// Otherwise a process that dies within the next minute leaves the same report to the start after it.
TEST(LogStore, ReplacesACheckpointThatSpeaksOfWhatIsLost) {
    sim::Disk disk;
    Process process{disk};
    process.open();
    process.store->set_high_watermark_source([](const log::Log& of) { return of.committed_end(); });
    const log::Log& log =
        process.log(0, {}, {.shutdown = log::Shutdown::kPowerLost, .high_watermark_checkpoint = Offset{5}});
    ASSERT_TRUE(log.recovery().damage);
    process.loop.advance(Millis{3'000});
    EXPECT_EQ(disk.content("/data/logs/replication-offset-checkpoint.2"), "0\n1\nt0 0 0\n");
    EXPECT_TRUE(process.close());
}

TEST(LogStore, TicksLogsThatFlushByTime) {
    sim::Disk disk;
    Process process{disk};
    process.open();
    log::LogConfig config;
    config.durability = log::Durability::kReplicated;
    config.flush_ms = Millis{2'000};
    log::Log& log = process.log(0, config);
    process.loop.advance(std::chrono::minutes{5});
    append(process, log, "value");
    process.loop.run_until_idle();
    EXPECT_EQ(log.durable_end(), Offset{0});
    process.loop.advance(Millis{4'000});
    EXPECT_EQ(log.durable_end(), Offset{1});
    EXPECT_TRUE(process.close());
}

TEST(LogStore, ClosesEverythingAndSegmentsAreCompleteWithoutTheWriteAheadLog) {
    sim::Disk disk;
    {
        Process process{disk};
        process.open();
        for (int number = 0; number < 100; ++number) append(process, process.log(number), "value");
        ASSERT_TRUE(process.close());
        ASSERT_TRUE(sim::run(process.loop, wal::WalReplay::discard(process.files, std::string{kDir} + "/.moldau-wal")));
    }
    disk.power_fails(sim::Loss::kAll);
    EXPECT_TRUE(disk.names("/data/logs/.moldau-wal").empty());
    Process after{disk};
    after.open();
    for (int number = 0; number < 100; ++number) EXPECT_EQ(after.log(number).end_offset(), Offset{1});
    EXPECT_TRUE(after.close());
}

TEST(LogStore, IsNotCleanWhenALogCannotBeClosed) {
    sim::Disk disk;
    Process process{disk};
    process.open();
    append(process, process.log(0), "value");
    append(process, process.log(1), "value");
    process.loop.run_until_idle();
    disk.fail_nth(sim::OpKind::kSync, 1, sim::Fault::kIo, "/t0-0/");
    EXPECT_FALSE(process.close());
}

// A segment that cannot be synced: its entries stay in the write-ahead log, which recovery completes the segment from.
TEST(LogStore, NeverRecyclesWhatASegmentLacks) {
    sim::Disk disk;
    {
        Process process{disk};
        process.open();
        log::Log& broken = process.log(0);
        log::Log& fine = process.log(1);
        append(process, broken, "precious");
        process.loop.run_until_idle();
        ASSERT_EQ(broken.durable_end(), Offset{1});
        disk.fail_nth(sim::OpKind::kSync, 1, sim::Fault::kIo, "/t0-0/");
        for (int index = 0; index < 200; ++index) {
            (void)fine.append(batch(std::string(3000, 'x')), LeaderEpoch{0}, process.loop.now());
            process.loop.advance(Millis{1});
        }
        EXPECT_TRUE(broken.failure());
        disk.heal();
        process.loop.advance(std::chrono::seconds{5});
        disk.power_fails(sim::Loss::kAll);
        disk.unwind_the_dead();
        (void)process.close();
    }
    Process after{disk};
    const auto replay = sim::run(after.loop, wal::WalReplay::load(after.files, std::string{kDir} + "/.moldau-wal"));
    ASSERT_TRUE(replay);
    after.open();
    EXPECT_EQ(after.log(0, {}, {.replay = &*replay, .shutdown = log::Shutdown::kPowerLost}).end_offset(), Offset{1});
    EXPECT_TRUE(after.close());
}

}  // namespace
}  // namespace moldau::store
