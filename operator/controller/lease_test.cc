// Reading and judging leases.

#include "operator/controller/lease.h"

#include <gtest/gtest.h>

namespace moldau::controller {
namespace {

using namespace std::chrono_literals;

const kube::ObjectKey kKey{"moldau", "operator"};
constexpr WallTime kWall{std::chrono::sys_days{std::chrono::year{2026} / 11 / 26} + 20h + 15min + 123ms};

kube::Object held_by(const std::string& holder, const std::string& renewed, std::chrono::seconds duration = 10s) {
    return lease_object(kKey, {.holder = holder, .duration = duration, .acquired = "a", .renewed = renewed}, "7");
}

TEST(Lease, IsReadAsItWasWritten) {
    const LeaseRecord record{.holder = "a_1", .duration = 10s, .acquired = "x", .renewed = "y", .transitions = 3};
    const auto object = lease_object(kKey, record, "7");

    EXPECT_EQ(read_lease(object), record);
    EXPECT_EQ(object.resource_version(), "7");
    EXPECT_EQ(read_lease(kube::Object{}), LeaseRecord{});
}

TEST(Lease, CarriesTimeWithMicroseconds) { EXPECT_EQ(micro_time(kWall), "2026-11-26T20:15:00.123000Z"); }

TEST(LeaseObserver, TakesWhatIsAbsentReleasedOrItsOwn) {
    LeaseObserver observer;
    const MonoTime now{1h};
    observer.observe(std::nullopt, now);
    EXPECT_TRUE(observer.may_take("me", now));
    observer.observe(held_by("", "1"), now);
    EXPECT_TRUE(observer.may_take("me", now));
    observer.observe(held_by("me", "1"), now);
    EXPECT_TRUE(observer.may_take("me", now));
    observer.observe(held_by("other", "1"), now);
    EXPECT_FALSE(observer.may_take("me", now));
}

TEST(LeaseObserver, CountsFromTheLastChangeThatItSawWhateverTheRecordSays) {
    LeaseObserver observer;
    MonoTime now{1h};
    observer.observe(held_by("other", "1999-01-01T00:00:00.000000Z"), now);
    now += 9s;
    observer.observe(held_by("other", "1999-01-01T00:00:02.000000Z"), now);
    EXPECT_FALSE(observer.may_take("me", now + 9999ms));
    observer.observe(held_by("other", "1999-01-01T00:00:02.000000Z"), now + 5s);

    EXPECT_TRUE(observer.may_take("me", now + 10s));
}

TEST(LeaseObserver, CountsAChangeOfHands) {
    LeaseObserver observer;
    observer.observe(held_by("other", "1"), MonoTime{1h});
    const auto taken = observer.next("me", 10s, kWall);
    EXPECT_EQ(taken.transitions, 1);
    EXPECT_EQ(taken.acquired, micro_time(kWall));
    observer.observe(lease_object(kKey, taken, "8"), MonoTime{1h});
    const auto renewed = observer.next("me", 10s, kWall + 5s);

    EXPECT_EQ(renewed.transitions, 1);
    EXPECT_EQ(renewed.acquired, micro_time(kWall));
    EXPECT_EQ(renewed.renewed, micro_time(kWall + 5s));
}

}  // namespace
}  // namespace moldau::controller
