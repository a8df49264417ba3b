// The lane on a simulated disk: group commit, order, backpressure, recycling, failure.

#include "wal/write_ahead_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sim/disk.h"
#include "sim/loop.h"

namespace moldau::wal {
namespace {

constexpr const char* kDir = "/data/.moldau-wal";

WalPartition partition(int number) {
    Uuid topic;
    topic.bytes[0] = 1;
    return {TopicId{topic}, PartitionIndex{number}};
}

bytes::ChunkList text(const std::string& content) { return bytes::ChunkList{bytes::View::copy_of(content)}; }

WalOptions small_files() {
    return {.dir = kDir,
            .lane = 0,
            .file_bytes = 32 << 10,
            .prewrite_step_bytes = 16 << 10,
            .files_max = 4,
            .pending_bytes_max = 64 << 10};
}

// One process with one lane.
struct Lane {
    explicit Lane(sim::Disk& on, WalOptions options = small_files()) : disk(on), files(on, loop) {
        disk.put("/data/meta.properties", "");
        auto opened = sim::run(loop, WriteAheadLog::open({loop, files}, std::move(options)));
        CHECK(opened.has_value());
        wal = *std::move(opened);
    }
    // Appends `content` at the partition's next offset; the results come in `results`.
    Result<void> append(int number, const std::string& content) {
        const auto base = next_offset[static_cast<std::size_t>(number)]++;
        return wal->append(partition(number), Offset{base}, Offset{base + 1}, text(content),
                           [this](Result<void> result) { results.push_back(result ? Errc::kNone : result.error().code); });
    }
    std::size_t count(sim::OpKind kind) const {
        return static_cast<std::size_t>(std::ranges::count_if(disk.log(), [&](const auto& op) { return op.kind == kind; }));
    }
    std::size_t succeeded() const { return static_cast<std::size_t>(std::ranges::count(results, Errc::kNone)); }

    sim::Disk& disk;
    sim::Loop loop;
    sim::FileSystem files;
    std::unique_ptr<WriteAheadLog> wal;
    std::vector<Errc> results;
    std::array<std::int64_t, 8> next_offset{};
};

WalReplay load(sim::Disk& disk) {
    sim::Loop loop;
    sim::FileSystem files{disk, loop};
    auto replay = sim::run(loop, WalReplay::load(files, kDir));
    CHECK(replay.has_value());
    return *std::move(replay);
}

TEST(WriteAheadLog, CommitsWhatOneTurnAppendsWithOneSync) {
    sim::Disk disk;
    Lane lane{disk};
    const auto syncs = lane.count(sim::OpKind::kSync);
    const auto writes = lane.count(sim::OpKind::kWrite);
    for (int index = 0; index < 6; ++index) ASSERT_TRUE(lane.append(index, "batch"));
    lane.wal->on_pressure([] {});

    while (lane.succeeded() < 6 && lane.loop.events() < 1000) lane.loop.run_until_idle();

    EXPECT_EQ(lane.succeeded(), 6u);
    EXPECT_EQ(lane.wal->counters().commits, 1u);
    EXPECT_EQ(lane.wal->counters().entries, 6u);
    const auto of_first_file = [&](const auto& op) { return op.path.ends_with("/0-1-0.wal"); };
    EXPECT_EQ(std::ranges::count_if(disk.log(),
                                    [&](const auto& op) { return of_first_file(op) && op.kind == sim::OpKind::kSync; }),
              static_cast<std::ptrdiff_t>(syncs) + 1);
    EXPECT_EQ(std::ranges::count_if(disk.log(),
                                    [&](const auto& op) { return of_first_file(op) && op.kind == sim::OpKind::kWrite; }),
              static_cast<std::ptrdiff_t>(writes) + 1);
}

TEST(WriteAheadLog, GathersWhatComesWhileACommitRuns) {
    sim::Disk disk{{.sync_latency = {Millis{5}, Millis{5}}}};
    Lane lane{disk};
    ASSERT_TRUE(lane.append(0, "first"));
    lane.loop.run_until_idle();
    for (int index = 0; index < 5; ++index) {
        lane.loop.advance(Millis{0});
        ASSERT_TRUE(lane.append(index, "later"));
        lane.loop.run_until_idle();
    }
    lane.loop.advance(Millis{100});
    EXPECT_EQ(lane.succeeded(), 6u);
    EXPECT_EQ(lane.wal->counters().commits, 2u);
}

TEST(WriteAheadLog, AcknowledgesOnlyWhatAPowerLossLeaves) {
    sim::Disk disk{{.loss = sim::Loss::kAll, .sync_latency = {Millis{5}, Millis{5}}}};
    {
        Lane lane{disk};
        ASSERT_TRUE(lane.append(0, "durable"));
        lane.loop.advance(Millis{50});
        ASSERT_TRUE(lane.append(0, "not yet"));
        lane.loop.run_until_idle();
        EXPECT_EQ(lane.succeeded(), 1u);
        disk.power_fails();
        disk.unwind_the_dead();
        lane.loop.run_until_idle();
    }
    const auto entries = load(disk).entries(partition(0));
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].batch.text(), "durable");
}

TEST(WriteAheadLog, CompletesInTheOrderOfTheAppends) {
    sim::Disk disk;
    Lane lane{disk};
    std::vector<int> order;
    for (int index = 0; index < 20; ++index) {
        ASSERT_TRUE(lane.wal->append(partition(index % 3), Offset{index}, Offset{index + 1}, text(std::string(3000, 'x')),
                                     [&order, index](Result<void> result) {
                                         EXPECT_TRUE(result);
                                         order.push_back(index);
                                     }));
    }
    while (order.size() < 20 && lane.loop.advance_to_next_timer()) {
    }
    lane.loop.run_until_idle();
    for (int round = 0; round < 20 && order.size() < 20; ++round) {
        ASSERT_TRUE(sim::run(lane.loop, lane.wal->recycle_oldest()));
        lane.loop.run_until_idle();
    }
    ASSERT_EQ(order.size(), 20u);
    EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST(WriteAheadLog, WaitsForTheCheckpointWhenAllFilesAreFullAndGoesOnAfterIt) {
    sim::Disk disk;
    Lane lane{disk};
    int pressed = 0;
    lane.wal->on_pressure([&] { ++pressed; });
    std::size_t appended = 0;
    Result<void> refused;
    while (refused) {
        refused = lane.append(0, std::string(3000, 'x'));
        lane.loop.run_until_idle();
        if (refused) ++appended;
        ASSERT_LT(appended, 1000u);
    }
    EXPECT_EQ(refused.error().code, Errc::kBusy);
    EXPECT_GE(pressed, 1);
    EXPECT_TRUE(lane.wal->needs_checkpoint());
    EXPECT_LT(lane.succeeded(), appended);

    const auto contents = lane.wal->oldest_contents();
    ASSERT_EQ(contents.size(), 1u);
    EXPECT_EQ(contents.at(partition(0)), Offset{3});  // the first file has four blocks, one is the header
    while (lane.succeeded() < appended) {
        ASSERT_TRUE(lane.wal->needs_checkpoint());
        ASSERT_TRUE(sim::run(lane.loop, lane.wal->recycle_oldest()));
        lane.loop.run_until_idle();
    }
    EXPECT_EQ(lane.results.size(), appended);
}

TEST(WriteAheadLog, WritesNoMoreThanItsFilesHoweverLongItRuns) {
    sim::Disk disk;
    Lane lane{disk};
    for (int index = 0; index < 500; ++index) {
        ASSERT_TRUE(lane.append(index % 8, std::string(static_cast<std::size_t>(100 + index * 17 % 9000), 'x')));
        lane.loop.run_until_idle();
        while (lane.wal->needs_checkpoint()) ASSERT_TRUE(sim::run(lane.loop, lane.wal->recycle_oldest()));
    }
    lane.loop.run_until_idle();
    EXPECT_EQ(lane.succeeded(), 500u);
    EXPECT_LE(disk.names(kDir).size(), 4u);
    for (const auto& name : disk.names(kDir)) EXPECT_LE(disk.content(std::string{kDir} + '/' + name).size(), 32u << 10);
}

TEST(WriteAheadLog, CommitsOnlyIntoRoomThatWasWrittenBefore) {
    sim::Disk disk;
    Lane lane{disk};
    for (int index = 0; index < 100; ++index) {
        ASSERT_TRUE(lane.append(0, std::string(2000, 'x')));
        lane.loop.run_until_idle();
        while (lane.wal->needs_checkpoint()) ASSERT_TRUE(sim::run(lane.loop, lane.wal->recycle_oldest()));
    }
    std::map<std::string, std::uint64_t> synced_size;
    std::map<std::string, std::uint64_t> size;
    for (const auto& op : disk.log()) {
        if (op.kind == sim::OpKind::kSync) synced_size[op.path] = size[op.path];
        if (op.kind != sim::OpKind::kWrite) continue;
        const bool is_group = op.bytes <= 2 * 4096;
        if (is_group) EXPECT_LE(op.position + op.bytes, synced_size[op.path]) << op.to_string();
        size[op.path] = std::max(size[op.path], op.position + op.bytes);
    }
}

TEST(WriteAheadLog, RefusesABatchThatNoFileCanHold) {
    sim::Disk disk;
    Lane lane{disk};
    const auto refused = lane.append(0, std::string(40 << 10, 'x'));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::kLimitExceeded);
    EXPECT_TRUE(lane.append(1, std::string((28 << 10) - 84, 'x')));  // just fits
    lane.loop.run_until_idle();
    EXPECT_EQ(lane.succeeded(), 1u);
}

class WriteAheadLogFailure : public ::testing::TestWithParam<sim::OpKind> {};

TEST_P(WriteAheadLogFailure, IsReportedToAllAndNeverForgotten) {
    sim::Disk disk;
    Lane lane{disk};
    ASSERT_TRUE(lane.append(0, "fine"));
    lane.loop.run_until_idle();
    disk.fail_nth(GetParam(), 1, sim::Fault::kIo, "0-1-0.wal");
    ASSERT_TRUE(lane.append(0, "fails"));
    ASSERT_TRUE(lane.append(1, "fails too"));
    lane.loop.run_until_idle();
    EXPECT_EQ(lane.results, (std::vector{Errc::kNone, Errc::kIo, Errc::kIo}));

    disk.heal();
    const auto later = lane.append(0, "refused");
    ASSERT_FALSE(later);
    EXPECT_EQ(later.error().code, Errc::kIo);
    EXPECT_FALSE(sim::run(lane.loop, lane.wal->recycle_oldest()));
    EXPECT_FALSE(sim::run(lane.loop, lane.wal->close()));
    EXPECT_EQ(load(disk).entries(partition(0)).front().batch.text(), "fine");
}

INSTANTIATE_TEST_SUITE_P(Of, WriteAheadLogFailure, ::testing::Values(sim::OpKind::kWrite, sim::OpKind::kSync),
                         [](const auto& info) { return std::string{sim::op_name(info.param)}; });

TEST(WriteAheadLog, FailsToOpenOnABrokenDisk) {
    for (const auto kind :
         {sim::OpKind::kOpen, sim::OpKind::kWrite, sim::OpKind::kSync, sim::OpKind::kSyncDir, sim::OpKind::kList}) {
        sim::Disk disk;
        disk.fail_all(kind, sim::Fault::kIo);
        sim::Loop loop;
        sim::FileSystem files{disk, loop};
        const auto opened = sim::run(loop, WriteAheadLog::open({loop, files}, small_files()));
        ASSERT_FALSE(opened) << sim::op_name(kind);
        EXPECT_EQ(opened.error().code, Errc::kIo);
    }
}

TEST(WriteAheadLog, UsesWhatItHasWhileTheDiskIsFull) {
    sim::Disk disk;
    Lane lane{disk};
    disk.fail_all(sim::OpKind::kOpen, sim::Fault::kDiskFull);
    std::size_t appended = 0;
    for (; appended < 12; ++appended) {
        ASSERT_TRUE(lane.append(0, std::string(3000, 'x')));
        lane.loop.run_until_idle();
    }
    EXPECT_LT(lane.succeeded(), appended);
    EXPECT_TRUE(lane.wal->needs_checkpoint());
    while (lane.succeeded() < appended) {
        ASSERT_TRUE(sim::run(lane.loop, lane.wal->recycle_oldest()));
        lane.loop.run_until_idle();
    }
    disk.heal();
    lane.loop.advance(std::chrono::seconds{2});
    EXPECT_EQ(disk.names(kDir).size(), 2u) << "there is space again";
}

TEST(WriteAheadLog, OpensOnAFullDiskAndCommitsWhenThereIsSpace) {
    sim::Disk disk;
    disk.fail_all(sim::OpKind::kWrite, sim::Fault::kShortDiskFull);
    Lane lane{disk};
    ASSERT_TRUE(lane.append(0, "early"));
    lane.loop.advance(std::chrono::seconds{5});
    EXPECT_TRUE(lane.results.empty());
    disk.heal();
    lane.loop.advance(std::chrono::seconds{2});
    EXPECT_EQ(lane.succeeded(), 1u);
    EXPECT_TRUE(sim::run(lane.loop, lane.wal->close()));
    EXPECT_EQ(load(disk).entries(partition(0)).size(), 1u);
}

// As file systems do that never write in place.
TEST(WriteAheadLog, WritesAGroupAgainThatMetAFullDisk) {
    sim::Disk disk;
    Lane lane{disk};
    ASSERT_TRUE(lane.append(0, "before"));
    lane.loop.run_until_idle();
    disk.fail_all(sim::OpKind::kWrite, sim::Fault::kShortDiskFull);
    ASSERT_TRUE(lane.append(0, "once"));
    lane.loop.advance(std::chrono::seconds{3});
    ASSERT_TRUE(lane.append(0, "after"));
    EXPECT_EQ(lane.results.size(), 1u);
    disk.heal();
    lane.loop.advance(std::chrono::seconds{2});
    EXPECT_EQ(lane.succeeded(), 3u);
    EXPECT_TRUE(sim::run(lane.loop, lane.wal->close()));
    disk.power_fails(sim::Loss::kAll);
    const auto replay = load(disk);
    EXPECT_EQ(replay.entries(partition(0)).size(), 3u);
    EXPECT_TRUE(replay.damage().empty());
}

TEST(WriteAheadLog, ClosesThoughTheDiskIsFull) {
    sim::Disk disk;
    Lane lane{disk};
    disk.fail_all(sim::OpKind::kWrite, sim::Fault::kDiskFull);
    ASSERT_TRUE(lane.append(0, "lost"));
    lane.loop.run_until_idle();
    EXPECT_FALSE(sim::run(lane.loop, lane.wal->close()));
    EXPECT_EQ(lane.results, std::vector<Errc>{Errc::kDiskFull});
}

TEST(WriteAheadLog, DropsWhatWaitsOfAPartitionThatGoes) {
    sim::Disk disk;
    disk.fail_all(sim::OpKind::kWrite, sim::Fault::kDiskFull);
    Lane lane{disk};
    ASSERT_TRUE(lane.append(0, "goes"));
    ASSERT_TRUE(lane.append(1, "stays"));
    ASSERT_TRUE(lane.append(0, "goes too"));
    lane.loop.run_until_idle();

    lane.wal->drop(partition(0));

    EXPECT_EQ(lane.results, (std::vector<Errc>{Errc::kClosed, Errc::kClosed}));
    disk.heal();
    lane.loop.advance(std::chrono::seconds{2});
    EXPECT_EQ(lane.succeeded(), 1u);
    EXPECT_TRUE(sim::run(lane.loop, lane.wal->close()));
    const auto replay = load(disk);
    EXPECT_TRUE(replay.entries(partition(0)).empty());
    EXPECT_EQ(replay.entries(partition(1)).size(), 1u);
}

TEST(WriteAheadLog, NobodyWaitsForAPartitionThatGoesThoughItsGroupWaits) {
    sim::Disk disk;
    Lane lane{disk};
    disk.fail_all(sim::OpKind::kWrite, sim::Fault::kDiskFull);
    ASSERT_TRUE(lane.append(0, "goes"));
    ASSERT_TRUE(lane.append(1, "stays"));
    lane.loop.run_until_idle();
    lane.wal->drop(partition(0));
    EXPECT_EQ(lane.results, std::vector<Errc>{Errc::kClosed});
    disk.heal();
    lane.loop.advance(std::chrono::seconds{2});
    EXPECT_EQ(lane.succeeded(), 1u);
    EXPECT_TRUE(sim::run(lane.loop, lane.wal->close()));
}

TEST(WriteAheadLog, TakesNothingOnceItsDiskFailedElsewhere) {
    sim::Disk disk;
    Lane lane{disk};
    ASSERT_TRUE(lane.append(0, "waits"));
    lane.wal->fail_with({Errc::kIo, "a segment"});
    EXPECT_EQ(lane.results, std::vector<Errc>{Errc::kIo});
    EXPECT_EQ(lane.append(0, "late").error().code, Errc::kIo);
    EXPECT_FALSE(sim::run(lane.loop, lane.wal->close()));
}

TEST(WriteAheadLog, ClosesAfterItsQueue) {
    sim::Disk disk;
    Lane lane{disk};
    for (int index = 0; index < 5; ++index) ASSERT_TRUE(lane.append(index, "last"));
    EXPECT_TRUE(sim::run(lane.loop, lane.wal->close()));
    EXPECT_EQ(lane.succeeded(), 5u);
    EXPECT_EQ(lane.append(0, "late").error().code, Errc::kClosed);
}

TEST(WriteAheadLog, MayBeDestroyedWithOperationsUnderWay) {
    sim::Disk disk;
    Lane lane{disk};
    ASSERT_TRUE(lane.append(0, "in flight"));
    lane.loop.advance(Millis{0});
    ASSERT_TRUE(lane.append(0, "queued"));
    lane.wal.reset();
    lane.loop.run_until_idle();
}

}  // namespace
}  // namespace moldau::wal
