// The hot tail and the sparse index, the two containers of the log.

#include "log/hot_tail.h"

#include <gtest/gtest.h>

#include <deque>

#include "bytes/endian.h"
#include "log/offset_index.h"
#include "sim/disk.h"
#include "sim/loop.h"

namespace moldau::log {
namespace {

HotBatch batch(std::int64_t base, std::int64_t end, std::size_t bytes = 100) {
    return {Offset{base}, Offset{end}, bytes::ChunkList{bytes::View::copy_of(std::vector<std::uint8_t>(bytes))}};
}

TEST(HotTail, FindsTheBatchOfAnOffset) {
    HotTail tail;
    EXPECT_EQ(tail.find(Offset{0}), std::nullopt);
    tail.append(batch(10, 12));
    tail.append(batch(12, 13));
    tail.append(batch(15, 20));  // a gap before it
    EXPECT_EQ(tail.find(Offset{9}), std::nullopt);
    EXPECT_EQ(tail.find(Offset{10}), 0u);
    EXPECT_EQ(tail.find(Offset{11}), 0u);
    EXPECT_EQ(tail.find(Offset{12}), 1u);
    EXPECT_EQ(tail.find(Offset{13}), 2u);
    EXPECT_EQ(tail.find(Offset{19}), 2u);
    EXPECT_EQ(tail.find(Offset{20}), std::nullopt);
}

TEST(HotBudget, DropsTheTailsThatGotNothingForLongest) {
    HotBudget budget{100'000};
    std::deque<HotTail> tails;
    for (std::int64_t index = 0; index < 5'000; ++index) {
        auto& tail = tails.emplace_back(&budget);
        tail.append(batch(0, 1));
        tail.evict(1'000'000, Offset{1});  // written
        EXPECT_LE(budget.used(), 100'000u + 1'000);
    }
    EXPECT_EQ(tails.front().count(), 0u);
    EXPECT_EQ(tails.back().count(), 1u);
    EXPECT_GT(budget.used(), 90'000u);
    tails.clear();
    EXPECT_EQ(budget.used(), 0u);
}

TEST(HotBudget, KeepsWhatIsNotWrittenYet) {
    HotBudget budget{1'000};
    HotTail unwritten{&budget};
    HotTail written{&budget};
    for (std::int64_t index = 0; index < 10; ++index) unwritten.append(batch(index, index + 1));
    written.append(batch(0, 1));
    written.evict(1'000'000, Offset{1});
    unwritten.append(batch(10, 11));
    EXPECT_EQ(unwritten.count(), 11u);
    EXPECT_EQ(written.count(), 0u);
    unwritten.evict(1'000'000, Offset{11});
    unwritten.append(batch(11, 12));
    EXPECT_LE(budget.used(), 1'000u);
    EXPECT_TRUE(unwritten.find(Offset{11}).has_value());
}

TEST(HotTail, NeverDropsWhatIsNotWritten) {
    HotTail tail;
    for (std::int64_t index = 0; index < 1000; ++index) tail.append(batch(index, index + 1));
    tail.evict(0, Offset{400});
    EXPECT_EQ(tail.count(), 600u);
    EXPECT_EQ(tail.at(0).base, Offset{400});
    EXPECT_EQ(tail.find(Offset{999}), 599u);
    tail.evict(0, Offset{1000});
    EXPECT_EQ(tail.count(), 0u);
    EXPECT_EQ(tail.held_bytes(), 0u);
}

TEST(HotTail, CopiesSmallViewsOfLargeMemory) {
    HotTail tail;
    const bytes::View large = bytes::View::copy_of(std::vector<std::uint8_t>(100'000));
    tail.append({Offset{0}, Offset{1}, bytes::ChunkList{large.slice(0, 100)}});
    tail.append({Offset{1}, Offset{2}, bytes::ChunkList{large.slice(0, 60'000)}});
    EXPECT_LT(tail.at(0).bytes.chunks()[0].held_bytes(), 1000u);
    EXPECT_EQ(tail.at(1).bytes.chunks()[0].owner().get(), large.owner().get());
}

TEST(HotTail, IsCutAtABatch) {
    HotTail tail;
    tail.append(batch(0, 2));
    tail.append(batch(2, 4));
    tail.truncate_to(Offset{3});
    EXPECT_EQ(tail.count(), 1u);
    tail.truncate_to(Offset{0});
    EXPECT_EQ(tail.count(), 0u);
    EXPECT_EQ(tail.held_bytes(), 0u);
}

TEST(OffsetIndex, FindsTheSameInMemoryAndInItsFile) {
    sim::Disk disk;
    disk.put("/d/x", "");
    sim::Loop loop;
    sim::FileSystem files{disk, loop};
    for (const int count : {0, 1, 2, 500, 3000}) {
        OffsetIndex index{"/d/" + std::to_string(count), Offset{1000}};
        auto check = [&] {
            for (int offset = 990; offset < 1000 + count * 10 + 20; offset += 3) {
                const auto found = *sim::run(loop, index.find(files, Offset{offset}));
                const int expected = std::min((offset - 1005) / 10, count - 1);  // entry i has offset 1005 + 10 i
                if (offset < 1005 || count == 0) {
                    ASSERT_EQ(found, std::nullopt) << offset;
                } else {
                    ASSERT_EQ(found,
                              (OffsetPosition{Offset{1005 + expected * 10}, static_cast<std::uint32_t>(expected * 7)}))
                        << offset;
                }
            }
        };
        for (int entry = 0; entry < count; ++entry) {
            index.append({Offset{1005 + entry * 10}, static_cast<std::uint32_t>(entry * 7)});
            if (entry == count / 2) ASSERT_TRUE(sim::run(loop, index.storage().write_tail(files)).has_value());
        }
        check();
        ASSERT_TRUE(sim::run(loop, index.storage().finish(files)).has_value());
        EXPECT_EQ(index.storage().memory_bytes(), 0u);
        EXPECT_EQ(disk.content(index.storage().path()).size(), static_cast<std::size_t>(count) * 8);
        check();
    }
}

TEST(OffsetIndex, CutsWhatAnEarlierFileHadMore) {
    sim::Disk disk;
    disk.put("/d/i", std::string(800, 'x'));
    sim::Loop loop;
    sim::FileSystem files{disk, loop};
    OffsetIndex index{"/d/i", Offset{0}};
    index.append({Offset{5}, 70});
    ASSERT_TRUE(sim::run(loop, index.storage().finish(files)).has_value());
    EXPECT_EQ(disk.content("/d/i"), std::string("\0\0\0\5\0\0\0\x46", 8));
}

}  // namespace
}  // namespace moldau::log
