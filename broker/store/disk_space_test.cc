// The decisions as a disk fills and empties.

#include "store/disk_space.h"

#include <gtest/gtest.h>

namespace moldau::store {
namespace {

using Reserve = DiskSpaceRules::Reserve;
constexpr SpaceLimits kLimits{.free_bytes_min = 100, .reserve_bytes = 40};

class Rules : public ::testing::Test {
protected:
    DiskSpaceRules::Decision see(std::uint64_t free_bytes, std::uint64_t full_writes = 0, std::uint64_t reserve = 40) {
        return rules_.see({.free_bytes = free_bytes, .full_writes = full_writes, .reserve_bytes = reserve}, kLimits);
    }
    DiskSpaceRules rules_;
};

TEST(SpaceLimits, AreAShareOfTheDiskUpToABound) {
    EXPECT_EQ(SpaceLimits::of(300 << 20, {}, {}).free_bytes_min, 6u << 20);
    EXPECT_EQ(SpaceLimits::of(300 << 20, {}, {}).reserve_bytes, 3u << 20);
    EXPECT_EQ(SpaceLimits::of(std::uint64_t{4} << 40, {}, {}).free_bytes_min, 256u << 20);
    EXPECT_EQ(SpaceLimits::of(std::uint64_t{4} << 40, {}, {}).reserve_bytes, 64u << 20);
    EXPECT_EQ(SpaceLimits::of(300 << 20, 7, 0).free_bytes_min, 7u);
    EXPECT_EQ(SpaceLimits::of(300 << 20, 7, 0).reserve_bytes, 0u);
}

TEST_F(Rules, MakeTheReserveFirst) {
    EXPECT_EQ(see(1'000, 0, 0), (DiskSpaceRules::Decision{.reserve = Reserve::kMake}));
    EXPECT_EQ(see(960), DiskSpaceRules::Decision{});
}

TEST_F(Rules, AcceptWithoutAReserveWhenThereWasNeverRoomForOne) { EXPECT_EQ(see(120, 0, 0), DiskSpaceRules::Decision{}); }

TEST_F(Rules, RefuseWhileSomeIsLeftAndKeepTheReserve) {
    EXPECT_FALSE(see(100).refuse);
    EXPECT_EQ(see(99), (DiskSpaceRules::Decision{.refuse = true}));
}

TEST_F(Rules, AcceptAgainOnlyWithAMargin) {
    see(99);
    EXPECT_TRUE(see(110).refuse);
    EXPECT_TRUE(see(124).refuse);
    EXPECT_FALSE(see(125).refuse);
}

TEST_F(Rules, GiveUpTheReserveInNeed) {
    EXPECT_EQ(see(24), (DiskSpaceRules::Decision{.refuse = true, .reserve = Reserve::kGiveUp}));
    EXPECT_EQ(see(64, 0, 0), (DiskSpaceRules::Decision{.refuse = true}));
}

TEST_F(Rules, MakeTheReserveBeforeProducersComeBack) {
    see(0);
    EXPECT_TRUE(see(40, 0, 0).refuse);
    EXPECT_EQ(see(150, 0, 0), (DiskSpaceRules::Decision{.refuse = true}));
    EXPECT_EQ(see(165, 0, 0), (DiskSpaceRules::Decision{.refuse = true, .reserve = Reserve::kMake}));
    EXPECT_FALSE(see(125).refuse);
}

TEST_F(Rules, BelieveAWriteMoreThanTheFigure) {
    EXPECT_EQ(see(5'000, 1), (DiskSpaceRules::Decision{.refuse = true, .reserve = Reserve::kGiveUp}));
    EXPECT_TRUE(see(5'000, 2, 0).refuse);
    EXPECT_EQ(see(5'000, 2, 0), (DiskSpaceRules::Decision{.refuse = true})) << "one quiet look may be chance";
    EXPECT_EQ(see(5'000, 2, 0), (DiskSpaceRules::Decision{.refuse = true, .reserve = Reserve::kMake}));
    EXPECT_FALSE(see(5'000, 2).refuse);
}

TEST_F(Rules, WithoutLimitsOnlyAFullWriteRefuses) {
    constexpr SpaceLimits kNone{};
    EXPECT_FALSE(rules_.see({.free_bytes = 0}, kNone).refuse);
    EXPECT_TRUE(rules_.see({.free_bytes = 0, .full_writes = 1}, kNone).refuse);
    EXPECT_TRUE(rules_.see({.free_bytes = 0, .full_writes = 1}, kNone).refuse);
    EXPECT_FALSE(rules_.see({.free_bytes = 0, .full_writes = 1}, kNone).refuse);
}

}  // namespace
}  // namespace moldau::store
