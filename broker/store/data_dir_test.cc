// A data directory: identity, lock, how the last run ended, folders.

#include "store/data_dir.h"

#include <gtest/gtest.h>

#include "sim/disk.h"
#include "sim/loop.h"

namespace moldau::store {
namespace {

constexpr const char* kCluster = "AAAAAAAAAAAAAAAAAAAAAQ";

DataDir::Options options(const std::string& boot = "boot-1") {
    return {.path = "/data/logs", .node_id = BrokerId{1}, .boot_id = boot, .cluster_id = {}};
}

// One process's view, and the directory it has open.
struct Process {
    explicit Process(sim::Disk& disk) : files(disk, loop) { disk.put("/data/keep", ""); }
    Result<void> open(DataDir::Options with = options()) {
        auto opened = sim::run(loop, DataDir::open(files, random, std::move(with)));
        if (!opened) return fail(opened.error());
        dir = *std::move(opened);
        return {};
    }
    sim::Loop loop;
    sim::FileSystem files;
    sim::Random random{7};
    std::unique_ptr<DataDir> dir;
};

// How a start sees the run before, whose last words were `last_run`.
log::Shutdown shutdown_after(sim::Disk& disk, const std::string& boot) {
    Process process{disk};
    EXPECT_TRUE(process.open(options(boot)));
    return process.dir->shutdown();
}

TEST(DataDir, GivesANewFolderAnIdentityThatStays) {
    sim::Disk disk;
    MetaProperties first;
    {
        Process process{disk};
        ASSERT_TRUE(process.open());
        first = process.dir->meta();
        EXPECT_EQ(process.dir->shutdown(), log::Shutdown::kClean);
    }
    EXPECT_EQ(first.cluster_id.size(), 22u);
    EXPECT_FALSE(first.directory_id.is_zero());
    EXPECT_EQ(
        disk.content("/data/logs/meta.properties"),
        "version=1\ncluster.id=" + first.cluster_id + "\nnode.id=1\ndirectory.id=" + first.directory_id.to_string() + "\n");
    Process again{disk};
    ASSERT_TRUE(again.open());
    EXPECT_EQ(again.dir->meta().directory_id, first.directory_id);
    EXPECT_EQ(again.dir->meta().cluster_id, first.cluster_id);
}

TEST(DataDir, LocksOutASecondBroker) {
    sim::Disk disk;
    Process first{disk};
    ASSERT_TRUE(first.open());
    Process second{disk};
    EXPECT_EQ(second.open().error().code, Errc::kLocked);
    first.dir.reset();
    EXPECT_TRUE(second.open());
}

TEST(DataDir, RefusesWhatBelongsToAnother) {
    sim::Disk disk;
    disk.put("/data/logs/meta.properties",
             std::string{"#\n#Mon Nov 23 00:00:00 UTC 2026\nnode.id=2\nversion=1\ncluster.id="} + kCluster + "\n");
    Process process{disk};
    const auto other_node = process.open();
    EXPECT_EQ(other_node.error().code, Errc::kUsage);
    EXPECT_NE(other_node.error().context.find("node 2"), std::string::npos);

    auto with = options();
    with.node_id = BrokerId{2};
    with.cluster_id = "another";
    EXPECT_EQ(process.open(with).error().code, Errc::kUsage);
    with.cluster_id = kCluster;
    EXPECT_TRUE(process.open(with));
    EXPECT_FALSE(process.dir->meta().directory_id.is_zero()) << "a missing one is added";
    EXPECT_NE(disk.content("/data/logs/meta.properties").find("directory.id="), std::string::npos);
}

TEST(DataDir, ReadsMetaPropertiesAsKafkaWritesThem) {
    const MetaProperties defaults{.cluster_id = "default", .node_id = BrokerId{4}, .directory_id = {}};
    const auto full = parse_meta_properties(
        "# c\r\n! c\n version = 1 \ncluster.id:abc\\=d\nnode.id=3\ndirectory.id=AAAAAAAAAAAAAAAAAAAAAQ\nx\n", defaults);
    ASSERT_TRUE(full);
    EXPECT_EQ(full->cluster_id, "abc=d");
    EXPECT_EQ(full->node_id, BrokerId{3});
    EXPECT_EQ(full->directory_id.to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");

    const auto old = parse_meta_properties("version=0\nbroker.id=9\n", defaults);
    ASSERT_TRUE(old);
    EXPECT_EQ(old->node_id, BrokerId{9});
    EXPECT_EQ(old->cluster_id, "default");
    EXPECT_EQ(parse_meta_properties("version=1\n", defaults)->node_id, BrokerId{4});
}

TEST(DataDir, RefusesDamagedMetaPropertiesAndKeepsThem) {
    for (const auto* text :
         {"", "garbage", "version=x\n", "version=1\nnode.id=one\n", "version=1\ndirectory.id=short\n", "version=-1\n"}) {
        sim::Disk disk;
        disk.put("/data/logs/meta.properties", text);
        Process process{disk};
        EXPECT_EQ(process.open().error().code, Errc::kCorrupt) << text;
        EXPECT_EQ(disk.content("/data/logs/meta.properties"), text);
    }
    sim::Disk disk;
    disk.put("/data/logs/meta.properties", "version=2\n");
    Process process{disk};
    EXPECT_EQ(process.open().error().code, Errc::kNewerFormat);
}

TEST(DataDir, TellsTheWaysInWhichARunEnds) {
    sim::Disk disk;
    EXPECT_EQ(shutdown_after(disk, "boot-1"), log::Shutdown::kClean) << "new";
    EXPECT_EQ(shutdown_after(disk, "boot-1"), log::Shutdown::kProcessDied);
    EXPECT_EQ(shutdown_after(disk, "boot-2"), log::Shutdown::kPowerLost);
    {
        Process process{disk};
        ASSERT_TRUE(process.open(options("boot-2")));
        ASSERT_TRUE(sim::run(process.loop, process.dir->mark_clean()));
    }
    EXPECT_EQ(shutdown_after(disk, "boot-3"), log::Shutdown::kClean) << "the marker says so, whatever the boot";
    EXPECT_FALSE(disk.exists("/data/logs/.kafka_cleanshutdown")) << "and is good for once";
    EXPECT_EQ(shutdown_after(disk, "boot-3"), log::Shutdown::kProcessDied);
}

TEST(DataDir, CountsAsPowerLostUntilItIsRecovered) {
    sim::Disk disk;
    shutdown_after(disk, "boot-1");
    EXPECT_EQ(shutdown_after(disk, "boot-2"), log::Shutdown::kPowerLost);
    EXPECT_EQ(shutdown_after(disk, "boot-2"), log::Shutdown::kPowerLost) << "the process died in the middle of recovery";
    {
        Process process{disk};
        ASSERT_TRUE(process.open(options("boot-2")));
        ASSERT_TRUE(sim::run(process.loop, process.dir->mark_recovered()));
    }
    EXPECT_EQ(shutdown_after(disk, "boot-2"), log::Shutdown::kProcessDied);
}

TEST(DataDir, TrustsNothingWithoutABootId) {
    sim::Disk disk;
    shutdown_after(disk, "");
    EXPECT_EQ(shutdown_after(disk, ""), log::Shutdown::kPowerLost);
}

TEST(DataDir, AcceptsAnyCleanMarker) {
    for (const auto* marker : {"", "{\"version\":0,\"brokerEpoch\":12}", "?"}) {
        sim::Disk disk;
        disk.put("/data/logs/meta.properties", "version=1\n");
        disk.put("/data/logs/.kafka_cleanshutdown", marker);
        EXPECT_EQ(shutdown_after(disk, "b"), log::Shutdown::kClean);
    }
}

// The one way to lose data here: a marker that outlives the run that it no longer speaks for.
TEST(DataDir, IsNeverCleanAfterACrashOnceOpenHasResolved) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        sim::Disk disk{{.seed = seed}};
        {
            Process process{disk};
            ASSERT_TRUE(process.open());
            ASSERT_TRUE(sim::run(process.loop, process.dir->mark_clean()));
        }
        {
            Process process{disk};
            ASSERT_TRUE(process.open());
            EXPECT_EQ(process.dir->shutdown(), log::Shutdown::kClean);
            disk.power_fails();
            disk.unwind_the_dead();
        }
        EXPECT_EQ(shutdown_after(disk, "boot-2"), log::Shutdown::kPowerLost) << seed;
    }
}

TEST(DataDir, OpensAgainAfterACrashAtAnyOperationOfItsFirstOpening) {
    for (std::uint64_t crash = 1, crashed = 1; crashed != 0; ++crash) {
        sim::Disk disk{{.seed = crash}};
        {
            Process process{disk};
            disk.crash_after_operation(crash);
            (void)sim::try_run(process.loop, DataDir::open(process.files, process.random, options()));
            crashed = disk.is_crashed() ? 1 : 0;
            disk.power_fails();
            disk.unwind_the_dead();
            process.loop.run_until_idle();
        }
        Process again{disk};
        EXPECT_TRUE(again.open()) << crash;
    }
}

TEST(DataDir, ReportsIoErrorsOfEveryOperation) {
    for (std::uint64_t operation = 1;; ++operation) {
        sim::Disk disk;
        disk.fail_operation(operation, sim::Fault::kIo);
        Process process{disk};
        const auto opened = process.open();
        if (disk.operations() < operation) break;
        ASSERT_FALSE(opened) << disk.log().back().to_string();
        EXPECT_EQ(opened.error().code, Errc::kIo);
        disk.heal();
        EXPECT_TRUE(process.open());
    }
}

TEST(DataDir, RefusesADirectoryWithAnUnfinishedImport) {
    sim::Disk disk;
    disk.put("/data/logs/.moldau-import/journal", "");
    Process process{disk};
    const auto opened = process.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::kUsage);
    EXPECT_NE(opened.error().context.find("moldau import --data-dir /data/logs"), std::string::npos);
}

TEST(DataDir, ListsPartitionFoldersOnly) {
    sim::Disk disk;
    disk.put("/data/logs/my-topic-12/partition.metadata", "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ\n");
    disk.put("/data/logs/__consumer_offsets-3/00000000000000000000.log", "");
    disk.put("/data/logs/damaged-0/partition.metadata", "version: 0\n");
    disk.put("/data/logs/foo-delete-0/x", "");
    disk.put("/data/logs/gone-0.AAAAAAAAAAAAAAAAAAAAAQ-delete/00000000000000000000.log", "bytes");
    disk.put("/data/logs/old-1-stray/x", "");
    disk.put("/data/logs/__cluster_metadata-0/x", "");
    disk.put("/data/logs/.moldau-wal/0-1-0.wal", "");
    disk.put("/data/logs/recovery-point-offset-checkpoint", "0\n0\n");
    disk.put("/data/logs/file-0", "");
    Process process{disk};
    ASSERT_TRUE(process.open());
    const auto folders = sim::run(process.loop, process.dir->partitions());
    ASSERT_TRUE(folders);
    std::vector<std::string> names;
    for (const auto& folder : *folders) names.push_back(folder.name.to_string());
    EXPECT_EQ(names, (std::vector<std::string>{"__consumer_offsets-3", "damaged-0", "foo-delete-0", "my-topic-12"}));
    EXPECT_EQ(folders->back().topic_id.value.to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");
    EXPECT_EQ(folders->back().dir, "/data/logs/my-topic-12");
    EXPECT_TRUE(folders->front().topic_id.value.is_zero());
    EXPECT_TRUE((*folders)[1].topic_id.value.is_zero());
    EXPECT_FALSE(disk.exists("/data/logs/gone-0.AAAAAAAAAAAAAAAAAAAAAQ-delete"));
    EXPECT_TRUE(disk.exists("/data/logs/old-1-stray/x"));
}

TEST(DataDir, RefusesANewerPartitionMetadata) {
    sim::Disk disk;
    disk.put("/data/logs/t-0/partition.metadata", "version: 1\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ\n");
    Process process{disk};
    ASSERT_TRUE(process.open());
    EXPECT_EQ(sim::run(process.loop, process.dir->partitions()).error().code, Errc::kNewerFormat);
}

TEST(DataDir, ReadsThousandsOfFolders) {
    sim::Disk disk;
    for (int index = 0; index < 2000; ++index) {
        disk.put("/data/logs/t-" + std::to_string(index) + "/partition.metadata",
                 "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ\n");
    }
    Process process{disk};
    ASSERT_TRUE(process.open());
    EXPECT_EQ(sim::run(process.loop, process.dir->partitions())->size(), 2000u);
}

TEST(DataDir, SplitsFolderNames) {
    EXPECT_EQ(parse_partition_folder("a-b-0"), (TopicPartition{"a-b", PartitionIndex{0}}));
    EXPECT_EQ(parse_partition_folder("-1-2147483647"), (TopicPartition{"-1", PartitionIndex{2147483647}}));
    for (const auto* name :
         {"", "a", "a-", "-0", "a-01", "a-+1", "a-2147483648", "a b-0", "..-0", ".-1", "a-0-stray", "a-0.x-delete"}) {
        EXPECT_FALSE(parse_partition_folder(name)) << name;
    }
    EXPECT_FALSE(parse_partition_folder(std::string(250, 'a') + "-0"));
}

TEST(DataDir, MovesAsideAndNeverOverAnother) {
    sim::Disk disk;
    disk.put("/data/logs/t-0/a.log", "new");
    disk.put("/data/logs/t-0-stray/a.log", "old");
    Process process{disk};
    ASSERT_TRUE(process.open());
    const auto folders = sim::run(process.loop, process.dir->partitions());
    ASSERT_TRUE(sim::run(process.loop, process.dir->move_aside(folders->front())));
    EXPECT_EQ(disk.content("/data/logs/t-0-stray/a.log"), "old");
    EXPECT_EQ(disk.content("/data/logs/t-0.1-stray/a.log"), "new");
    EXPECT_TRUE(sim::run(process.loop, process.dir->partitions())->empty());
}

}  // namespace
}  // namespace moldau::store
