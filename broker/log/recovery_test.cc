// What opening a folder makes of files in every state: cut anywhere, with flipped bits, without indexes, with a write-ahead
// log.

#include "log/recovery.h"

#include <gtest/gtest.h>

#include "log/cut_marker.h"
#include "log/log_testing.h"
#include "log/segment_recovery.h"

namespace moldau::log {
namespace {

using namespace testing;

const std::string kSegment = std::string{kLogDir} + "/00000000000000000000.log";
const std::string kIndex = std::string{kLogDir} + "/00000000000000000000.index";
const std::string kTimes = std::string{kLogDir} + "/00000000000000000000.timeindex";

std::string metadata() { return "version: 0\ntopic_id: " + topic_id().value.to_string() + "\n"; }

std::string text_of(const std::vector<bytes::View>& batches) {
    std::string text;
    for (const auto& batch : batches) text += batch.text();
    return text;
}

// Six batches of two records, one after the other.
std::vector<bytes::View> six() {
    std::vector<bytes::View> batches;
    for (int index = 0; index < 6; ++index) {
        batches.push_back(batch_bytes({.records = 2,
                                       .value_bytes = 9,
                                       .fill = static_cast<char>('a' + index),
                                       .base = Offset{index * 2},
                                       .leader_epoch = LeaderEpoch{index / 2}}));
    }
    return batches;
}

void lay_down(sim::Disk& disk, std::string_view segment) {
    disk.put(std::string{kLogDir} + "/partition.metadata", metadata());
    disk.put(kSegment, segment);
}

bool has_damaged_file(sim::Disk& disk) {
    for (const auto& name : disk.names(kLogDir)) {
        if (name.find(".damaged-") != std::string::npos) return true;
    }
    return false;
}

TEST(Recovery, CutsATornTailAtEveryByte) {
    const auto batches = six();
    const std::string all = text_of(batches);
    for (std::size_t length = 0; length <= all.size(); ++length) {
        SCOPED_TRACE(length);
        sim::Disk disk;
        lay_down(disk, std::string_view{all}.substr(0, length));
        Process process{disk};
        process.open({}, Shutdown::kPowerLost);
        const std::size_t whole = length / batches[0].size();
        EXPECT_EQ(process.log->end_offset(), Offset{static_cast<std::int64_t>(whole) * 2});
        EXPECT_EQ(process.log->recovery().bytes_cut, length - whole * batches[0].size());
        EXPECT_FALSE(process.log->recovery().damage.has_value());
        EXPECT_EQ(disk.content(kSegment).size(), whole * batches[0].size());
        ASSERT_EQ(process.read_all(Offset{0}),
                  std::vector<bytes::View>(batches.begin(), batches.begin() + static_cast<long>(whole)));
        ASSERT_TRUE(process.close().has_value());
    }
}

TEST(Recovery, NoticesEveryFlippedBitAndKeepsTheBytesAside) {
    const auto batches = six();
    const std::string all = text_of(batches);
    const std::size_t size = batches[0].size();
    for (std::size_t bit = 0; bit < size * 8; ++bit) {
        SCOPED_TRACE(bit);
        const std::size_t at = 2 * size + bit / 8;
        // The leader epoch lies outside the checksum.
        if (at % size >= wire::batch_field::kLeaderEpoch && at % size < wire::batch_field::kMagic) continue;
        sim::Disk disk;
        lay_down(disk, all);
        disk.flip_bit(kSegment, at, static_cast<unsigned>(bit % 8));
        const std::string damaged = disk.content(kSegment);
        Process process{disk};
        process.open({}, Shutdown::kPowerLost);
        EXPECT_EQ(process.log->end_offset(), Offset{4});
        ASSERT_TRUE(process.log->recovery().damage.has_value());
        EXPECT_EQ(disk.content(kSegment + ".damaged-1"), damaged.substr(2 * size));
        ASSERT_TRUE(process.close().has_value());
    }
}

TEST(Recovery, KeepsALastBatchWithADamagedOffsetAside) {
    const auto batches = six();
    for (std::size_t bit = 0; bit < 64; ++bit) {
        sim::Disk disk;
        lay_down(disk, text_of(batches));
        disk.flip_bit(kSegment, 5 * batches[0].size() + bit / 8, static_cast<unsigned>(bit % 8));
        Process process{disk};
        process.open({}, Shutdown::kPowerLost);
        EXPECT_EQ(process.log->end_offset(), Offset{10}) << bit;
        EXPECT_TRUE(has_damaged_file(disk)) << bit;
        ASSERT_TRUE(process.close().has_value());
    }
}

TEST(Recovery, KeepsATornTailBelowTheHighWatermarkAside) {
    const auto batches = six();
    const std::string all = text_of(batches);
    sim::Disk disk;
    lay_down(disk, std::string_view{all}.substr(0, all.size() - 5));
    Process process{disk};
    process.high_watermark = Offset{12};
    process.open({}, Shutdown::kPowerLost);
    EXPECT_EQ(process.log->end_offset(), Offset{10});
    EXPECT_TRUE(process.log->recovery().damage.has_value());
    EXPECT_TRUE(has_damaged_file(disk));
    EXPECT_EQ(process.read_all(Offset{0}).size(), 5u);
    ASSERT_TRUE(process.close().has_value());
}

TEST(Recovery, JudgesTails) {
    const Offset ten{10};
    EXPECT_EQ(judge_tail({.bytes = 0, .end = ten, .high_watermark = ten}), TailVerdict::kNothing);
    EXPECT_EQ(judge_tail({.bytes = 5, .end = ten, .high_watermark = ten}), TailVerdict::kCut);
    EXPECT_EQ(judge_tail({.bytes = 5, .valid_follows = true, .end = ten, .high_watermark = ten}), TailVerdict::kMoveAside);
    EXPECT_EQ(judge_tail({.bytes = 5, .end = ten, .high_watermark = Offset{11}}), TailVerdict::kMoveAside);
    EXPECT_EQ(judge_tail({.bytes = 0, .end = ten, .high_watermark = Offset{11}}), TailVerdict::kMoveAside);
}

TEST(Recovery, FindsAValidBatchAnywhere) {
    const bytes::View batch = six()[3];
    for (std::size_t before = 0; before < 70; ++before) {
        std::vector<std::uint8_t> bytes(before, 2);
        bytes.insert(bytes.end(), batch.span().begin(), batch.span().end());
        EXPECT_EQ(find_valid_batch(bytes, Offset{6}), before);
        EXPECT_EQ(find_valid_batch(bytes, Offset{7}), std::nullopt);
        bytes.back() ^= 1;
        EXPECT_EQ(find_valid_batch(bytes, Offset{0}), std::nullopt);
    }
}

TEST(Recovery, BuildsTheSameIndexesAnew) {
    sim::Disk disk;
    const LogConfig config{.index_interval_bytes = 150};
    {
        Process process{disk};
        process.open(config);
        for (int index = 0; index < 60; ++index)
            ASSERT_TRUE(process.append({.value_bytes = 40, .timestamp = 1000 + index * 7 % 50}));
        ASSERT_TRUE(process.close().has_value());
    }
    const std::string index = disk.content(kIndex);
    const std::string times = disk.content(kTimes);
    EXPECT_GT(index.size(), 8u * 10);
    EXPECT_GT(times.size(), 12u * 2);
    for (const std::string& path : {kIndex, kTimes}) {
        disk.put(path, "damaged!");
        Process process{disk};
        process.open(config, path == kIndex ? Shutdown::kClean : Shutdown::kPowerLost);
        EXPECT_EQ(process.log->end_offset(), Offset{60});
        ASSERT_TRUE(process.close().has_value());
        EXPECT_EQ(disk.content(kIndex), index);
        EXPECT_EQ(disk.content(kTimes), times);
    }
}

// What Kafka's tool checks: entries point at batches and speak of them.
TEST(Recovery, LeavesIndexesThatTellTheTruth) {
    sim::Disk disk;
    Process process{disk};
    process.open({.segment_bytes = 3000, .index_interval_bytes = 100});
    for (int index = 0; index < 90; ++index) {
        ASSERT_TRUE(process.append({.records = 2, .value_bytes = 40, .timestamp = 1000 + index * 37 % 100}));
    }
    ASSERT_TRUE(process.close().has_value());
    int segments = 0;
    for (const auto& name : disk.names(kLogDir)) {
        const auto base = offset_in_name(name, kLogSuffix);
        if (!base) continue;
        ++segments;
        const std::string stem = std::string{kLogDir} + '/' + name.substr(0, 20);
        const std::string log = disk.content(stem + ".log");
        const std::string index = disk.content(stem + ".index");
        const std::string times = disk.content(stem + ".timeindex");
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(log.data());
        std::map<std::int64_t, wire::BatchHeader> by_last;
        std::int64_t largest = -1;
        for (std::size_t at = 0; at < log.size();) {
            const auto header = *wire::BatchHeader::parse({bytes + at, log.size() - at});
            by_last[header.last_offset().value] = header;
            largest = std::max(largest, header.max_timestamp);
            at += header.size_bytes();
        }
        ASSERT_EQ(index.size() % 8, 0u);
        for (std::size_t at = 0; at < index.size(); at += 8) {
            const auto* entry = reinterpret_cast<const std::uint8_t*>(index.data()) + at;
            const auto position = bytes::load_be<std::uint32_t>(entry + 4);
            const auto header = *wire::BatchHeader::parse({bytes + position, log.size() - position});
            EXPECT_EQ(header.last_offset() - *base, bytes::load_be<std::int32_t>(entry));
        }
        ASSERT_EQ(times.size() % 12, 0u);
        std::int64_t before = -1;
        for (std::size_t at = 0; at < times.size(); at += 12) {
            const auto* entry = reinterpret_cast<const std::uint8_t*>(times.data()) + at;
            const auto timestamp = bytes::load_be<std::int64_t>(entry);
            const auto found = by_last.find(base->value + bytes::load_be<std::int32_t>(entry + 8));
            ASSERT_NE(found, by_last.end());
            EXPECT_EQ(found->second.max_timestamp, timestamp);
            EXPECT_GT(timestamp, before);
            before = timestamp;
        }
        EXPECT_EQ(before, largest);
    }
    EXPECT_GT(segments, 3);
}

TEST(Recovery, SetsLaterSegmentsAsideWhenOneIsShort) {
    sim::Disk disk;
    LogConfig config{.segment_bytes = 500};
    {
        Process process{disk};
        process.open(config);
        for (int index = 0; index < 20; ++index) ASSERT_TRUE(process.append({.value_bytes = 60}));
        ASSERT_TRUE(process.close().has_value());
    }
    disk.put(kSegment, disk.content(kSegment).substr(0, 200));
    Process process{disk};
    process.open(config, Shutdown::kPowerLost);
    EXPECT_EQ(process.log->end_offset(), Offset{1});
    EXPECT_TRUE(process.log->recovery().damage.has_value());
    EXPECT_TRUE(has_damaged_file(disk));
    EXPECT_EQ(process.log->stats().segments, 1u);
    EXPECT_EQ(process.read_all(Offset{0}).size(), 1u);
    ASSERT_TRUE(process.append({}));
    ASSERT_TRUE(process.close().has_value());
}

TEST(Recovery, FinishesACutThatWasUnderWay) {
    const std::string all = text_of(six());
    sim::Disk disk;
    lay_down(disk, all);
    disk.put(std::string{kLogDir} + '/' + kCutFile,
             CutMarker{.cut = Offset{6}, .ceiling = Offset{6}, .old_end = Offset{12}}.format());
    Process process{disk};
    process.recovery_point = Offset{12};
    process.open({}, Shutdown::kProcessDied);
    EXPECT_EQ(process.log->end_offset(), Offset{6});
    EXPECT_FALSE(process.log->recovery().damage.has_value());
    EXPECT_TRUE(disk.exists(std::string{kLogDir} + '/' + kCutFile));  // the recovery point is still not to be believed
    for (int index = 0; index < 6; ++index) ASSERT_TRUE(process.append({}, LeaderEpoch{9}));
    ASSERT_TRUE(sim::run(process.loop, process.log->flush()).has_value());
    EXPECT_FALSE(disk.exists(std::string{kLogDir} + '/' + kCutFile));
    ASSERT_TRUE(process.close().has_value());
}

TEST(Recovery, FinishesANewBeginning) {
    sim::Disk disk;
    lay_down(disk, text_of(six()));
    disk.put(std::string{kLogDir} + '/' + kCutFile,
             CutMarker{.cut = Offset{0}, .start = Offset{40}, .old_end = Offset{40}}.format());
    Process process{disk};
    process.open({}, Shutdown::kPowerLost);
    EXPECT_EQ(process.log->log_start_offset(), Offset{40});
    EXPECT_EQ(process.log->end_offset(), Offset{40});
    EXPECT_FALSE(disk.exists(kSegment));
    ASSERT_TRUE(process.close().has_value());
}

TEST(Recovery, FindsLostEpochsInTheBatches) {
    sim::Disk disk;
    lay_down(disk, text_of(six()));
    Process process{disk};
    process.open({}, Shutdown::kClean);
    EXPECT_EQ(process.log->latest_epoch(), LeaderEpoch{2});
    EXPECT_EQ(process.log->epoch_at(Offset{4}), LeaderEpoch{1});
    ASSERT_TRUE(process.close().has_value());
}

// A log of which much was written, and index entries with it, before its process died.
void write_and_die(sim::Disk& disk, const LogConfig& config) {
    disk.put("/data/.lock", "");
    Process process{disk};
    process.open(config);
    for (int index = 0; index < 700; ++index) {
        ASSERT_TRUE(process.append({.value_bytes = 40, .timestamp = 1000 + index * 7 % 500 + index}));
        if (index % 10 == 0) process.settle();
    }
    process.settle();
    process.die(false);
}

std::uint64_t bytes_read_of(const sim::Disk& disk, const std::string& path) {
    std::uint64_t bytes = 0;
    for (const auto& operation : disk.log()) {
        if (operation.kind == sim::OpKind::kRead && operation.path == path) bytes += operation.bytes;
    }
    return bytes;
}

TEST(Recovery, BeginsWhereTheIndexesEndAfterAProcessDeath) {
    const LogConfig config{.index_interval_bytes = 100, .durability = Durability::kReplicated};
    sim::Disk walked;
    write_and_die(walked, config);
    Process whole{walked};
    whole.open(config, Shutdown::kPowerLost);  // walks all of it
    ASSERT_TRUE(whole.close().has_value());

    sim::Disk disk;
    write_and_die(disk, config);
    const std::uint64_t read_before = bytes_read_of(disk, kSegment);
    const std::uint64_t all = disk.content(kSegment).size();
    Process process{disk};
    process.open(config, Shutdown::kProcessDied);
    EXPECT_EQ(process.log->end_offset(), Offset{700});
    EXPECT_LT(bytes_read_of(disk, kSegment) - read_before, all + all / 2);  // producers and epochs take one reading
    EXPECT_EQ(process.read_all(Offset{0}).size(), 700u);
    ASSERT_TRUE(process.close().has_value());
    EXPECT_EQ(disk.content(kIndex), walked.content(kIndex));
    EXPECT_EQ(disk.content(kTimes), walked.content(kTimes));
}

TEST(Recovery, NoticesDamageBeyondTheIndexesAfterAProcessDeath) {
    const LogConfig config{.index_interval_bytes = 100, .durability = Durability::kReplicated};
    sim::Disk disk;
    write_and_die(disk, config);
    const auto size = disk.content(kSegment).size();
    disk.flip_bit(kSegment, size - 150);
    Process process{disk};
    process.open(config, Shutdown::kProcessDied);
    EXPECT_EQ(process.log->end_offset(), Offset{698});
    EXPECT_TRUE(process.log->recovery().damage.has_value());
    EXPECT_TRUE(has_damaged_file(disk));
    ASSERT_TRUE(process.close().has_value());
}

TEST(Recovery, DoesNotBelieveIndexesThatLie) {
    const LogConfig config{.index_interval_bytes = 100, .durability = Durability::kReplicated};
    for (const std::string& lie : {std::string(8, '\x01'), std::string(80, '\0'), std::string{"\0\0\0\5\0\0\0\0", 8}}) {
        sim::Disk disk;
        write_and_die(disk, config);
        disk.put(kIndex, lie);
        Process process{disk};
        process.open(config, Shutdown::kProcessDied);
        EXPECT_EQ(process.log->end_offset(), Offset{700});
        EXPECT_EQ(process.read_all(Offset{0}).size(), 700u);
        ASSERT_TRUE(process.close().has_value());
    }
}

TEST(Recovery, AcceptsGapsInClosedSegmentsOnly) {
    const auto batches = six();
    for (const bool closed : {true, false}) {
        sim::Disk disk;
        lay_down(disk, batches[0].text());
        disk.put(kSegment, std::string{batches[0].text()} + std::string{batches[3].text()});
        if (closed) disk.put(std::string{kLogDir} + "/00000000000000000008.log", batches[4].text());
        Process process{disk};
        process.open({}, Shutdown::kPowerLost);
        EXPECT_EQ(process.log->recovery().damage.has_value(), !closed);
        EXPECT_EQ(process.log->end_offset(), Offset{closed ? 10 : 2});
        EXPECT_EQ(process.read_all(Offset{0}).size(), closed ? 3u : 1u);
        const auto within_gap = process.read(Offset{closed ? 3 : 1});
        ASSERT_TRUE(within_gap.has_value());
        ASSERT_TRUE(process.close().has_value());
    }
}

TEST(Recovery, PassesOnEveryErrorOfTheDisk) {
    for (const auto kind : {sim::OpKind::kOpen, sim::OpKind::kRead, sim::OpKind::kWrite, sim::OpKind::kSync,
                            sim::OpKind::kTruncate, sim::OpKind::kList, sim::OpKind::kSyncDir}) {
        for (std::uint64_t nth = 1; nth < 20; ++nth) {
            sim::Disk disk;
            const std::string all = text_of(six());
            lay_down(disk, std::string_view{all}.substr(0, all.size() - 5));
            disk.put(std::string{kLogDir} + "/leader-epoch-checkpoint", "0\n1\n0 0\n");
            disk.fail_nth(kind, nth, sim::Fault::kIo);
            Process process{disk};
            process.high_watermark = Offset{12};
            const auto opened = process.try_open({}, Shutdown::kPowerLost);
            disk.heal();
            if (opened.has_value()) {
                EXPECT_EQ((*opened)->end_offset(), Offset{10});
                ASSERT_TRUE(sim::run(process.loop, (*opened)->close()).has_value());
                continue;
            }
            EXPECT_EQ(opened.error().code, Errc::kIo);
            process.open({}, Shutdown::kPowerLost);  // the second attempt finds all of it
            EXPECT_EQ(process.log->end_offset(), Offset{10});
            ASSERT_TRUE(process.close().has_value());
        }
    }
}

}  // namespace
}  // namespace moldau::log
