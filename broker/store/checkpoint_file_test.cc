// Checkpoint files in Kafka's text form, and what remains of damaged ones.

#include "store/checkpoint_file.h"

#include <gtest/gtest.h>

#include "sim/disk.h"
#include "sim/loop.h"

namespace moldau::store {
namespace {

TopicPartition tp(const std::string& topic, int partition) { return {topic, PartitionIndex{partition}}; }

struct Process {
    explicit Process(sim::Disk& disk) : files(disk, loop) {}
    sim::Loop loop;
    sim::FileSystem files;
};

TEST(CheckpointFile, WritesKafkasForm) {
    const OffsetCheckpoint offsets{
        {tp("orders", 0), Offset{17}}, {tp("orders", 11), Offset{0}}, {tp("a.b_c-d", 2), Offset{1L << 40}}};
    const auto text = format_checkpoint(offsets);
    EXPECT_EQ(text, "0\n3\na.b_c-d 2 1099511627776\norders 0 17\norders 11 0\n");
    EXPECT_EQ(parse_checkpoint(text), offsets);
}

TEST(CheckpointFile, ReadsAnEmptyOne) { EXPECT_EQ(parse_checkpoint("0\n0\n"), OffsetCheckpoint{}); }

TEST(CheckpointFile, RefusesEverythingElse) {
    for (const auto* text :
         {"", "0", "0\n", "1\n0\n", "0\nx\n", "0\n1\n", "0\n2\na 0 1\n", "0\n1\na 0 1\nb 0 1\n", "0\n1\na 0\n",
          "0\n1\na 0 -1\n", "0\n1\na -1 1\n", "0\n1\n 0 1\n", "0\n1\na b 0 1\n", "0\n2\na 0 1\na 0 2\n", "0\n1\na 0 1x\n",
          "0\n1\na 0 99999999999999999999\n", "0\n-1\n", "0\n1\n\n"}) {
        EXPECT_FALSE(parse_checkpoint(text)) << text;
    }
}

TEST(CheckpointFile, RefusesEveryPrefixThatLacksAnEntry) {
    const auto text = format_checkpoint({{tp("a", 0), Offset{12}}, {tp("b", 1), Offset{34}}});
    for (std::size_t length = 0; length + 3 < text.size(); ++length) {
        EXPECT_FALSE(parse_checkpoint(text.substr(0, length))) << length;
    }
}

TEST(CheckpointFile, CountsAsEmptyWhenAbsent) {
    sim::Disk disk;
    Process process{disk};
    EXPECT_EQ(sim::run(process.loop, read_checkpoint(process.files, "/data/x")), OffsetCheckpoint{});
}

TEST(CheckpointFile, SurvivesPowerLossOnceWritten) {
    sim::Disk disk{{.loss = sim::Loss::kAll}};
    disk.put("/data/keep", "");
    const OffsetCheckpoint offsets{{tp("orders", 0), Offset{17}}};
    Process before{disk};
    ASSERT_TRUE(sim::run(before.loop, write_checkpoint(before.files, "/data/x", offsets)));
    disk.power_fails();
    Process after{disk};
    EXPECT_EQ(sim::run(after.loop, read_checkpoint(after.files, "/data/x")), offsets);
}

TEST(CheckpointFile, IsSetAsideWhenDamagedAndNeverLost) {
    sim::Disk disk;
    disk.put("/data/x", "0\n2\na 0 1\n");
    disk.put("/data/x.damaged-1", "earlier");
    Process process{disk};
    EXPECT_EQ(sim::run(process.loop, read_checkpoint(process.files, "/data/x")), OffsetCheckpoint{});
    EXPECT_FALSE(disk.exists("/data/x"));
    EXPECT_EQ(disk.content("/data/x.damaged-1"), "earlier");
    EXPECT_EQ(disk.content("/data/x.damaged-2"), "0\n2\na 0 1\n");
}

TEST(CheckpointFile, LeavesANewerVersionUntouched) {
    sim::Disk disk;
    disk.put("/data/x", "1\nwhatever\n");
    Process process{disk};
    const auto read = sim::run(process.loop, read_checkpoint(process.files, "/data/x"));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::kNewerFormat);
    EXPECT_EQ(disk.content("/data/x"), "1\nwhatever\n");
}

TEST(CheckpointFile, MergesWhatCoresLeft) {
    for (const auto merge : {CheckpointMerge::kSmallest, CheckpointMerge::kLargest}) {
        sim::Disk disk;
        disk.put("/data/x", "0\n2\nboth 0 90\nonly-old 0 5\n");
        disk.put("/data/x.0", "0\n2\nboth 0 10\nfirst 0 1\n");
        disk.put("/data/x.12", "0\n2\nboth 0 20\nlast 3 2\n");
        disk.put("/data/x.old", "not a core's");
        Process process{disk};
        const auto merged = sim::run(process.loop, merge_checkpoints(process.files, "/data", "x", merge));
        const OffsetCheckpoint expected{{tp("both", 0), Offset{merge == CheckpointMerge::kSmallest ? 10 : 20}},
                                        {tp("first", 0), Offset{1}},
                                        {tp("last", 3), Offset{2}},
                                        {tp("only-old", 0), Offset{5}}};
        EXPECT_EQ(merged, expected);
        EXPECT_EQ(parse_checkpoint(disk.content("/data/x")), expected);
        EXPECT_EQ(disk.names("/data"), (std::vector<std::string>{"x", "x.old"}));
    }
}

TEST(CheckpointFile, MergesToTheSameAfterACrashAtAnyOperation) {
    const OffsetCheckpoint expected{{tp("a", 0), Offset{10}}, {tp("b", 0), Offset{1}}};
    for (std::uint64_t crash = 1, crashed = 1; crashed != 0; ++crash) {
        sim::Disk disk{{.seed = crash}};
        disk.put("/data/x", "0\n1\na 0 5\n");
        disk.put("/data/x.0", "0\n1\na 0 10\n");
        disk.put("/data/x.1", "0\n1\nb 0 1\n");
        disk.crash_after_operation(crash);
        {
            Process before{disk};
            (void)sim::try_run(before.loop, merge_checkpoints(before.files, "/data", "x", CheckpointMerge::kLargest));
            crashed = disk.is_crashed() ? 1 : 0;
            disk.power_fails();
            disk.unwind_the_dead();
            before.loop.run_until_idle();
        }
        Process after{disk};
        EXPECT_EQ(sim::run(after.loop, merge_checkpoints(after.files, "/data", "x", CheckpointMerge::kLargest)), expected)
            << crash;
    }
}

}  // namespace
}  // namespace moldau::store
