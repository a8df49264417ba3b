// What a start finds in the lanes: order, truncations, several runs, damage, and removing only what was read.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bytes/crc32c.h"
#include "bytes/endian.h"
#include "sim/disk.h"
#include "sim/loop.h"
#include "wal/wal_format.h"
#include "wal/write_ahead_log.h"

namespace moldau::wal {
namespace {

constexpr const char* kDir = "/data/.moldau-wal";

WalPartition partition(int number) { return {TopicId{}, PartitionIndex{number}}; }

Entry batch(int number, std::int64_t base, std::int64_t end, const std::string& text) {
    return {EntryType::kBatch, partition(number), Offset{base}, Offset{end}, bytes::ChunkList{bytes::View::copy_of(text)}};
}
Entry truncation(int number, std::int64_t end) {
    return {EntryType::kTruncation, partition(number), Offset{end}, Offset{end}, {}};
}

struct Content {
    std::uint64_t sequence;
    std::uint64_t first_group = 1;
    std::vector<std::vector<Entry>> groups;
};

void lay_down(sim::Disk& disk, const std::string& name, const Content& content, std::size_t size = 0) {
    std::string bytes{encode_file_header({.sequence = content.sequence, .lane = 0}).text()};
    auto number = content.first_group;
    for (const auto& group : content.groups) {
        bytes += encode_group({content.sequence, number++, bytes.size()}, group).flatten().text();
    }
    bytes.resize(std::max(size, bytes.size()));
    disk.put(std::string{kDir} + '/' + name, bytes);
}

Result<WalReplay> load(sim::Disk& disk) {
    sim::Loop loop;
    sim::FileSystem files{disk, loop};
    return sim::run(loop, WalReplay::load(files, kDir));
}

std::string texts(const WalReplay& replay, int number) {
    std::string all;
    for (const auto& entry : replay.entries(partition(number))) {
        all +=
            std::to_string(entry.base.value) + '-' + std::to_string(entry.end.value) + std::string{entry.batch.text()} + ' ';
    }
    return all;
}

TEST(WalReplay, IsEmptyWithoutAFolder) {
    sim::Disk disk;
    const auto replay = load(disk);
    ASSERT_TRUE(replay);
    EXPECT_TRUE(replay->empty());
    EXPECT_TRUE(replay->entries(partition(0)).empty());
}

TEST(WalReplay, OrdersTheFilesOfALaneByTheirUse) {
    sim::Disk disk;
    lay_down(disk, "0-1-0.wal", {.sequence = 9, .first_group = 4, .groups = {{batch(0, 2, 3, "c")}}});
    lay_down(disk, "0-1-1.wal", {.sequence = 8, .first_group = 2, .groups = {{batch(0, 0, 1, "a")}, {batch(0, 1, 2, "b")}}});
    const auto replay = load(disk);
    EXPECT_EQ(texts(*replay, 0), "0-1a 1-2b 2-3c ");
    EXPECT_TRUE(replay->damage().empty());
}

TEST(WalReplay, LetsALaterEntryWinOverEarlierOnesAtItsPlace) {
    sim::Disk disk;
    lay_down(disk, "0-1-0.wal",
             {.sequence = 1,
              .groups = {{batch(0, 0, 2, "a"), batch(0, 2, 4, "b"), batch(0, 4, 6, "c"), batch(1, 0, 9, "z")},
                         {batch(0, 2, 5, "d")}}});
    const auto replay = load(disk);
    EXPECT_EQ(texts(*replay, 0), "0-2a 2-5d ");
    EXPECT_EQ(texts(*replay, 1), "0-9z ");
}

TEST(WalReplay, ForgetsWhatWasTruncated) {
    sim::Disk disk;
    lay_down(disk, "0-1-0.wal",
             {.sequence = 1,
              .groups = {
                  {batch(0, 0, 2, "a"), batch(0, 2, 4, "b")}, {truncation(0, 3), truncation(1, 0)}, {batch(1, 0, 1, "n")}}});
    const auto replay = load(disk);
    EXPECT_EQ(texts(*replay, 0), "0-2a ");
    EXPECT_EQ(texts(*replay, 1), "0-1n ");
}

TEST(WalReplay, FollowsAPartitionFromLaneToLaneOverRuns) {
    sim::Disk disk;
    const auto use = [](std::uint64_t run, std::uint64_t count) { return (run << 32) | count; };
    lay_down(disk, "3-1-0.wal",
             {.sequence = use(1, 7), .first_group = 9, .groups = {{batch(0, 0, 5, "old")}, {batch(0, 5, 9, "cut")}}});
    lay_down(disk, "0-2-0.wal", {.sequence = use(2, 1), .groups = {{truncation(0, 5)}, {batch(0, 5, 6, "new")}}});
    EXPECT_EQ(texts(*load(disk), 0), "0-5old 5-6new ");
}

TEST(WalReplay, ReportsGroupsThatAreMissingBetweenTwoFiles) {
    sim::Disk disk;
    lay_down(disk, "0-1-0.wal", {.sequence = 1, .groups = {{batch(0, 0, 1, "a")}}});
    lay_down(disk, "0-1-1.wal", {.sequence = 2, .first_group = 3, .groups = {{batch(0, 2, 3, "c")}}});
    const auto replay = load(disk);
    ASSERT_EQ(replay->damage().size(), 1u);
    EXPECT_NE(replay->damage().front().find("0-1-1.wal"), std::string::npos);
    EXPECT_EQ(texts(*replay, 0), "0-1a 2-3c ");
}

TEST(WalReplay, StopsAFileAtItsDamageAndReadsTheOthers) {
    sim::Disk disk;
    lay_down(disk, "0-1-0.wal",
             {.sequence = 1, .groups = {{batch(0, 0, 1, "a")}, {batch(0, 1, 2, "b")}, {batch(0, 2, 3, "c")}}});
    lay_down(disk, "1-1-0.wal", {.sequence = 1, .groups = {{batch(1, 0, 1, "z")}}});
    disk.flip_bit(std::string{kDir} + "/0-1-0.wal", 2 * kBlockBytes + 60);
    const auto replay = load(disk);
    EXPECT_EQ(texts(*replay, 0), "0-1a ");
    EXPECT_EQ(texts(*replay, 1), "0-1z ");
    ASSERT_EQ(replay->damage().size(), 1u);
}

TEST(WalReplay, LeavesANewerFormatUntouched) {
    sim::Disk disk;
    lay_down(disk, "0-1-0.wal", {.sequence = 1, .groups = {{batch(0, 0, 1, "a")}}});
    std::string newer{encode_file_header({.sequence = 1, .lane = 0}).text()};
    newer[9] = 2;
    const std::uint32_t crc = bytes::crc32c(bytes::View::copy_of(newer.substr(0, 24)).span());
    bytes::store_be(reinterpret_cast<std::uint8_t*>(newer.data()) + 24, crc);
    disk.put(std::string{kDir} + "/1-1-0.wal", newer);
    const auto replay = load(disk);
    ASSERT_FALSE(replay);
    EXPECT_EQ(replay.error().code, Errc::kNewerFormat);
    EXPECT_NE(replay.error().context.find("1-1-0.wal"), std::string::npos);
    EXPECT_EQ(disk.content(std::string{kDir} + "/1-1-0.wal"), newer);
}

TEST(WalReplay, ReportsAReadError) {
    sim::Disk disk;
    lay_down(disk, "0-1-0.wal", {.sequence = 1, .groups = {{batch(0, 0, 1, "a")}}});
    disk.fail_nth(sim::OpKind::kRead, 1, sim::Fault::kIo);
    const auto replay = load(disk);
    ASSERT_FALSE(replay);
    EXPECT_EQ(replay.error().code, Errc::kIo);
}

TEST(WalReplay, DoesNotHoldTheMemoryOfOldEntries) {
    sim::Disk disk;
    lay_down(disk, "0-1-0.wal", {.sequence = 1, .groups = {{batch(0, 0, 1, "a")}}}, 1 << 20);
    const auto replay = load(disk);
    EXPECT_EQ(texts(*replay, 0), "0-1a ");
    EXPECT_LE(replay->entries(partition(0)).front().batch.held_bytes(), 3 * kBlockBytes);
}

TEST(WalReplay, DiscardsWhatItReadOldestFirstAndNothingYounger) {
    sim::Disk disk;
    lay_down(disk, "0-1-0.wal", {.sequence = 2, .first_group = 2, .groups = {{truncation(0, 0)}}});
    lay_down(disk, "0-1-1.wal", {.sequence = 1, .groups = {{batch(0, 0, 1, "a")}}});
    disk.put(std::string{kDir} + "/notes.txt", "not ours");
    sim::Loop loop;
    sim::FileSystem files{disk, loop};
    const auto replay = sim::run(loop, WalReplay::load(files, kDir));
    auto lane = sim::run(loop, WriteAheadLog::open({loop, files}, {.dir = kDir, .file_bytes = 64 << 10}));
    ASSERT_TRUE(lane);
    const auto before = disk.operations();

    ASSERT_TRUE(sim::run(loop, replay->discard_loaded(files)));

    EXPECT_EQ(disk.names(kDir), (std::vector<std::string>{"0-2-0.wal", "notes.txt"}));
    std::vector<std::string> done;
    for (const auto& op : disk.log()) {
        if (op.number > before)
            done.push_back(std::string{sim::op_name(op.kind)} + ' ' + op.path.substr(op.path.rfind('/')));
    }
    EXPECT_EQ(done, (std::vector<std::string>{"remove /0-1-1.wal", "sync directory /.moldau-wal", "remove /0-1-0.wal",
                                              "sync directory /.moldau-wal"}));

    ASSERT_TRUE(sim::run(loop, (*lane)->close()));
    ASSERT_TRUE(sim::run(loop, WalReplay::discard(files, kDir)));
    EXPECT_EQ(disk.names(kDir), std::vector<std::string>{"notes.txt"});
}

}  // namespace
}  // namespace moldau::wal
