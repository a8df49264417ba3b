// Directories at a start and at a stop: offline ones, new ones, lost metadata, clean marks.

#include "app/data_dirs.h"

#include <gtest/gtest.h>

#include "metadata/image_builder.h"
#include "sim/disk.h"
#include "sim/loop.h"

namespace moldau::app {
namespace {

constexpr const char* kClean = "/.kafka_cleanshutdown";

settings::Values values_of(const char* after_loss) {
    settings::Inputs inputs;
    inputs.options = {{"log.dirs", "/first,/second"}, {"moldau.start.after.loss", after_loss}};
    return *settings::load(inputs);
}

metadata::ImageRef nothing() { return std::make_shared<const metadata::Image>(); }

// A topic whose only replica is in `dir`.
metadata::ImageRef image_with(Uuid dir) {
    metadata::ImageBuilder builder{*nothing()};
    metadata::TopicRecord topic;
    topic.name = "orders";
    topic.topic_id.bytes[0] = 7;
    metadata::PartitionRecord partition;
    partition.topic_id = topic.topic_id;
    partition.replicas = {1};
    partition.directories = {dir};
    CHECK(builder.apply(topic, Offset{0}).has_value());
    CHECK(builder.apply(partition, Offset{1}).has_value());
    return builder.build(Offset{2}, LeaderEpoch{1});
}

// One life of a process.
struct Process {
    explicit Process(sim::Disk& disk, const char* after_loss = "false") : files(disk, loop), values(values_of(after_loss)) {}
    Result<void> open(metadata::ImageRef image = nothing()) {
        auto opened = sim::run(loop, DataDirs::open(files, random, values, "boot"));
        if (!opened) return fail(opened.error());
        dirs = *std::move(opened);
        return sim::run(loop, dirs->open_new(random, std::move(image)));
    }
    Result<void> recover() { return sim::run(loop, dirs->finish_recovery()); }
    Result<void> end() { return sim::run(loop, dirs->mark_clean()); }

    sim::Loop loop;
    sim::FileSystem files;
    sim::Random random{5};
    settings::Values values;
    std::unique_ptr<DataDirs> dirs;
};

// Two directories that were used and left in order. Returns the second one's id.
Uuid lay_down(sim::Disk& disk) {
    Process process{disk};
    CHECK(process.open().has_value() && process.recover().has_value() && process.end().has_value());
    disk.put("/first/__cluster_metadata-0/00000000000000000000.log", "x");
    return process.dirs->ids()[1].second;
}

TEST(DataDirs, AreMadeTogetherAtTheFirstStart) {
    sim::Disk disk;
    lay_down(disk);
    EXPECT_TRUE(disk.exists("/first/meta.properties"));
    EXPECT_TRUE(disk.exists("/second/meta.properties"));
    EXPECT_TRUE(disk.exists(std::string{"/second"} + kClean));
}

TEST(DataDirs, OneThatCannotBeReadIsOfflineAndTheOtherServes) {
    sim::Disk disk;
    lay_down(disk);
    disk.fail_nth(sim::OpKind::kLock, 1, sim::Fault::kIo, "/second");
    Process process{disk};
    ASSERT_TRUE(process.open());
    const auto health = process.dirs->health();
    EXPECT_TRUE(health[0]->online());
    EXPECT_EQ(health[1]->online().error().code, Errc::kKafkaStorageError);
    EXPECT_TRUE(process.recover());
    EXPECT_FALSE(process.end());
    EXPECT_TRUE(disk.exists(std::string{"/first"} + kClean));
    EXPECT_TRUE(disk.exists(std::string{"/second"} + kClean)) << "never touched";
}

TEST(DataDirs, ADamagedIdentityTakesItsDirectoryOfflineButNeverTheFirst) {
    sim::Disk disk;
    lay_down(disk);
    disk.put("/second/meta.properties", "no version");
    {
        Process process{disk};
        ASSERT_TRUE(process.open());
        EXPECT_FALSE(process.dirs->health()[1]->online());
    }
    disk.put("/first/meta.properties", "no version");
    EXPECT_EQ(Process{disk}.open().error().code, Errc::kCorrupt);
}

TEST(DataDirs, SomebodyElsesAreRefused) {
    sim::Disk disk;
    lay_down(disk);
    disk.put("/second/meta.properties", "version=1\ncluster.id=another\nnode.id=1\n");
    EXPECT_EQ(Process{disk}.open().error().code, Errc::kUsage);
}

TEST(DataDirs, OneThatIsLockedIsRefused) {
    sim::Disk disk;
    lay_down(disk);
    Process process{disk};
    ASSERT_TRUE(process.open());
    EXPECT_EQ(Process{disk}.open().error().code, Errc::kLocked);
}

TEST(DataDirs, AnEmptyOneInsteadOfAnotherIsLeftAlone) {
    sim::Disk disk;
    const auto id = lay_down(disk);
    {
        Process unmount{disk};
        sim::run(unmount.loop, io::remove_dir(unmount.files, "/second")).value();
    }
    Process process{disk};
    ASSERT_TRUE(process.open(image_with(id)));
    const auto online = process.dirs->health()[1]->online();
    ASSERT_FALSE(online);
    EXPECT_NE(online.error().context.find("moldau.start.after.loss=true"), std::string::npos) << online.error().context;
    EXPECT_FALSE(disk.exists("/second"));
    process.dirs.reset();

    Process after{disk, "true"};
    ASSERT_TRUE(after.open(image_with(id)));
    EXPECT_TRUE(after.dirs->health()[1]->online());
    EXPECT_NE(after.dirs->ids()[1].second, id);
}

TEST(DataDirs, AnEmptyOneIsAddedWhenNothingIsMissing) {
    sim::Disk disk;
    lay_down(disk);
    {
        Process process{disk};
        sim::run(process.loop, io::remove_dir(process.files, "/second")).value();
    }
    Process process{disk};
    ASSERT_TRUE(process.open());
    EXPECT_TRUE(process.dirs->health()[1]->online());
    EXPECT_TRUE(disk.exists("/second/meta.properties"));
}

TEST(DataDirs, LostMetadataBesidePartitionsIsNoFirstStart) {
    sim::Disk disk;
    lay_down(disk);
    disk.put("/second/orders-0/partition.metadata", "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAABw");
    {
        Process lose{disk};
        sim::run(lose.loop, io::remove_dir(lose.files, "/first/__cluster_metadata-0")).value();
    }
    const auto refused = Process{disk}.open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::kUsage);
    EXPECT_NE(refused.error().context.find("orders-0"), std::string::npos) << refused.error().context;
    EXPECT_TRUE((Process{disk, "true"}.open()));
}

TEST(DataDirs, GiveTheReserveUpWhenTheStartHasNoSpace) {
    sim::Disk disk;
    lay_down(disk);
    disk.put("/first/.moldau-reserve", std::string(1000, '\0'));
    disk.put("/second/.moldau-reserve", std::string(1000, '\0'));
    disk.set_capacity(0);
    Process process{disk};
    ASSERT_TRUE(process.open());
    EXPECT_FALSE(disk.exists("/first/.moldau-reserve"));
    EXPECT_FALSE(disk.exists("/second/.moldau-reserve"));
}

// A start that fails before its logs are recovered must leave everything to the next one.
TEST(DataDirs, AFailedStartLeavesNoCleanMark) {
    sim::Disk disk;
    lay_down(disk);
    {
        Process dies{disk};
        ASSERT_TRUE(dies.open());
        disk.put("/first/.moldau-wal/0-1-0.wal", "");
    }
    Process fails{disk};
    ASSERT_TRUE(fails.open());
    EXPECT_FALSE(fails.end());
    EXPECT_FALSE(disk.exists(std::string{"/first"} + kClean));
    EXPECT_TRUE(disk.exists("/first/.moldau-wal/0-1-0.wal"));
}

TEST(DataDirs, WhatALogCouldNotTakeStaysInTheWriteAheadLog) {
    sim::Disk disk;
    lay_down(disk);
    {
        Process dies{disk};
        ASSERT_TRUE(dies.open());
        disk.put("/second/.moldau-wal/0-1-0.wal", "");
        disk.put("/first/.moldau-wal/0-1-0.wal", "");
    }
    Process process{disk};
    ASSERT_TRUE(process.open());
    process.dirs->health()[1]->mark_unclean();
    ASSERT_TRUE(process.recover());
    EXPECT_FALSE(disk.exists("/first/.moldau-wal/0-1-0.wal"));
    EXPECT_TRUE(disk.exists("/second/.moldau-wal/0-1-0.wal"));
    EXPECT_FALSE(process.end());
    EXPECT_TRUE(disk.exists(std::string{"/first"} + kClean));
    EXPECT_FALSE(disk.exists(std::string{"/second"} + kClean));
}

}  // namespace
}  // namespace moldau::app
