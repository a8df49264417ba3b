// The real loop: posts, timers, the end of a turn, tasks that change cores; and the timer queue by itself.

#include "io/core.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>
#include <vector>

#include "io/timers.h"
#include "io/wait_list.h"

namespace moldau::io {
namespace {

MonoTime at(int tick) { return MonoTime{} + Millis{tick}; }

TEST(TimerQueue, FiresTenThousandInOrderOfTimeAndThenOfSetting) {
    TimerQueue timers;
    std::mt19937 random{1};
    std::vector<std::pair<int, int>> fired;
    std::vector<TimerId> ids;
    for (int index = 0; index < 10'000; ++index) {
        const int tick = static_cast<int>(random() % 100);
        ids.push_back(timers.schedule(at(tick), [&fired, tick, index] { fired.emplace_back(tick, index); }));
    }
    for (std::size_t index = 0; index < ids.size(); index += 2) timers.cancel(ids[index]);
    EXPECT_EQ(timers.size(), 5'000u);
    while (auto callback = timers.pop_due(at(100))) callback();
    ASSERT_EQ(fired.size(), 5'000u);
    EXPECT_TRUE(std::ranges::is_sorted(fired));
    EXPECT_TRUE(std::ranges::all_of(fired, [](auto entry) { return entry.second % 2 == 1; }));
}

TEST(TimerQueue, KeepsWhatIsNotDue) {
    TimerQueue timers;
    timers.schedule(at(5), [] {});
    EXPECT_FALSE(timers.pop_due(at(4)));
    EXPECT_EQ(timers.next(), at(5));
    EXPECT_TRUE(timers.pop_due(at(5)));
    EXPECT_EQ(timers.next(), std::nullopt);
}

TEST(TimerQueue, AnOldIdNeverCancelsALaterTimer) {
    TimerQueue timers;
    const auto old = timers.schedule(at(1), [] {});
    timers.cancel(old);
    timers.schedule(at(2), [] {});
    timers.cancel(old);
    timers.cancel(TimerId{});
    EXPECT_EQ(timers.size(), 1u);
}

class CoreTest : public testing::Test {
protected:
    IoThreads threads_{{.writers = 1, .readers = 1}};
    Core core_{0, threads_};
    Executor& loop_ = core_.executor();
};

TEST_F(CoreTest, RunsPostedCallbacksInOrder) {
    std::vector<int> order;
    for (int index = 0; index < 5; ++index) loop_.post([&order, index] { order.push_back(index); });
    EXPECT_TRUE(order.empty());
    core_.poll();
    EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4}));
}

TEST_F(CoreTest, RunsTheEndOfTheTurnAfterWhatIsReady) {
    std::vector<int> order;
    loop_.at_end_of_turn([&] { order.push_back(3); });
    loop_.post([&] {
        order.push_back(1);
        loop_.at_end_of_turn([&] { order.push_back(4); });
    });
    loop_.post([&] { order.push_back(2); });
    core_.poll();
    EXPECT_EQ(order, (std::vector{1, 2, 3, 4}));
}

TEST_F(CoreTest, FiresTimersThatAreDueAndNoCancelledOnes) {
    std::vector<int> fired;
    const auto now = loop_.now().mono;
    loop_.schedule(now - Millis{1}, [&] { fired.push_back(2); });
    loop_.schedule(now - Millis{2}, [&] { fired.push_back(1); });
    loop_.schedule(now + std::chrono::hours{1}, [&] { fired.push_back(3); });
    loop_.cancel(loop_.schedule(now - Millis{3}, [&] { fired.push_back(4); }));
    core_.poll();
    EXPECT_EQ(fired, (std::vector{1, 2}));
}

TEST_F(CoreTest, WaitsForATimerWithoutSpinning) {
    const auto wait = [](Executor& loop) -> Task<MonoTime> {
        const auto until = loop.now().mono + Millis{5};
        co_await sleep_until(loop, until);
        co_return until;
    };
    const auto until = run(core_, wait(loop_));
    EXPECT_GE(loop_.now().mono, until);
}

TEST_F(CoreTest, ATimerThatSetsItselfAgainDoesNotHoldTheLoop) {
    int fired = 0;
    std::move_only_function<void()> again = [&] {
        ++fired;
        loop_.schedule(MonoTime{}, [&] { again(); });
    };
    loop_.schedule(MonoTime{}, [&] { again(); });
    loop_.post([&] { core_.stop(); });
    core_.run();
    EXPECT_LE(fired, 3);
}

TEST_F(CoreTest, IsCurrentOnlyInsideItsOwnLoop) {
    bool inside = false;
    EXPECT_FALSE(loop_.is_current());
    loop_.post([&] { inside = loop_.is_current(); });
    core_.poll();
    EXPECT_TRUE(inside);
    EXPECT_FALSE(loop_.is_current());
}

TEST_F(CoreTest, StopBeforeRunEndsTheNextRun) {
    core_.stop();
    core_.run();
    EXPECT_GT(core_.last_turn(), MonoTime::min());
}

TEST_F(CoreTest, RandomBytesDiffer) {
    EXPECT_NE(core_.random().next_u64(), core_.random().next_u64());
    EXPECT_NE(core_.random().next_uuid(), core_.random().next_uuid());
}

TEST_F(CoreTest, WaitersWakeByNotificationOrDeadline) {
    WaitList list{loop_};
    std::vector<Wakeup> woken;
    loop_.post([&] {
        spawn(list.wait_until(loop_.now().mono + std::chrono::hours{1}), [&](Wakeup why) { woken.push_back(why); });
        spawn(list.wait_until(loop_.now().mono - Millis{1}), [&](Wakeup why) { woken.push_back(why); });
    });
    core_.poll();
    EXPECT_EQ(woken, (std::vector{Wakeup::kDeadline}));
    list.notify_all();
    EXPECT_EQ(woken, (std::vector{Wakeup::kDeadline, Wakeup::kNotified}));
    EXPECT_TRUE(list.empty());
}

// Two cores, each on a thread of its own.
class TwoCoresTest : public CoreTest {
protected:
    void SetUp() override {
        thread_ = std::thread{[this] { other_.run(); }};
    }
    void TearDown() override {
        other_.stop();
        thread_.join();
    }
    Core other_{1, threads_};
    std::thread thread_;
};

TEST_F(TwoCoresTest, RunOnComputesThereAndComesBack) {
    auto visit = [](Executor& home, Executor& target) -> Task<bool> {
        int sum = 0;
        for (int round = 0; round < 1'000; ++round) {
            const bool there = co_await run_on(target, home, [&]() -> Task<bool> {
                ++sum;
                co_return target.is_current() && !home.is_current();
            });
            if (!there || !home.is_current()) co_return false;
        }
        co_return sum == 1'000;
    };
    EXPECT_TRUE(run(core_, visit(loop_, other_.executor())));
}

TEST_F(TwoCoresTest, PostsFromManyThreadsAllArriveInEachThreadsOrder) {
    constexpr int kThreads = 4;
    constexpr int kPosts = 5'000;
    std::vector<int> next(kThreads, 0);
    int ended = 0;
    bool ordered = true;
    std::vector<std::thread> posters;
    for (std::size_t poster = 0; poster < kThreads; ++poster) {
        posters.emplace_back([&, poster] {
            for (int index = 0; index < kPosts; ++index) {
                loop_.post([&, poster, index] {
                    ordered = ordered && next[poster]++ == index;
                    if (index == kPosts - 1 && ++ended == kThreads) core_.stop();
                });
            }
        });
    }
    core_.run();
    for (auto& poster : posters) poster.join();
    EXPECT_TRUE(ordered);
    EXPECT_EQ(next, std::vector<int>(kThreads, kPosts));
}

TEST_F(TwoCoresTest, TurnsAtLeastOnceASecondWhileIdle) {
    // The wait is the loop's own heartbeat: nothing is posted to `other_` meanwhile.
    auto watch = [](Core& idle, Executor& loop) -> Task<bool> {
        const auto start = loop.now().mono;
        const auto before = idle.last_turn();
        while (idle.last_turn() <= std::max(before, start)) {
            if (loop.now().mono > start + std::chrono::seconds{30}) co_return false;
            co_await sleep_until(loop, loop.now().mono + Millis{20});
        }
        co_return true;
    };
    EXPECT_TRUE(run(core_, watch(other_, loop_)));
}

}  // namespace
}  // namespace moldau::io
